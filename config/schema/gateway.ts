import { z } from "zod";
import { whole } from "./common.ts";

export const rateLimits = z.strictObject({
  requestsPerSecond: whole(1, 1_000_000).describe(
    "Requests that the gateway lets through in a second when it runs at its most copies; each copy passes its share.",
  ),
  requestsPerSecondPerClient: whole(1, 1_000_000).describe(
    "Requests from one client address in a second, counted by each copy of the gateway for itself.",
  ),
});
export type RateLimitsConfig = z.infer<typeof rateLimits>;
