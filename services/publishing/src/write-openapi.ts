/** `make openapi`: renews the committed document. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openapiDocument } from "./http/openapi.ts";

writeFileSync(join(import.meta.dirname, "../openapi.json"), await openapiDocument());
