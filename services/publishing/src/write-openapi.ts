/** `make openapi`: renews the committed document; Biome then puts it into its format. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openapiDocument } from "./http/openapi.ts";

writeFileSync(
  join(import.meta.dirname, "../openapi.json"),
  `${JSON.stringify(await openapiDocument(), undefined, 2)}\n`,
);
