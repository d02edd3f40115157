import { z } from "zod";
import { cidr, text, whole } from "./common.ts";

export const network = z.strictObject({
  cidr: cidr.describe(
    "IPv4 range of the network, a prefix of 16 to 20 bits. Changing it replaces the network.",
  ),
  zones: whole(2, 6).describe(
    "Availability zones used, in the order of their letters. Production wants three.",
  ),
  nat: z
    .enum(["per-zone", "single", "none"])
    .describe("NAT gateways: one a zone, one for all zones (its zone's loss cuts off the others), or none."),
  flowLogRetentionDays: whole(0, 400).describe("Days that network flow logs are kept; 0 turns them off."),
  interfaceEndpoints: z
    .array(text(/^[a-z0-9.-]{2,60}$/, "the short name of a service such as ecr.api"))
    .describe("Managed services reached without NAT, each priced per zone and hour, for example ecr.api."),
});
export type NetworkConfig = z.infer<typeof network>;
