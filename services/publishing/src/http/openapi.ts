import { Artefacts } from "../application/artefacts.ts";
import { Listings } from "../application/listings.ts";
import type { Surroundings } from "../application/store.ts";
import { createLog } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { createApp } from "./app.ts";

const nothing = () => {
  throw new Error("the document is made without serving anything");
};

/** The OpenAPI document of the routes, as it is committed and served. */
export async function openapiDocument(): Promise<object> {
  const surroundings = { echoAllowed: true } as Surroundings;
  const app = await createApp({
    log: createLog({ service: "publishing", version: "0", logLevel: "error" }),
    metrics: createMetrics(),
    authenticate: nothing,
    unit: { transaction: nothing },
    listings: new Listings(surroundings),
    artefacts: new Artefacts(surroundings),
    readiness: () => ({ ready: false, draining: false, dependencies: {} }),
  });
  const document = app.swagger();
  await app.close();
  return document;
}
