import { z } from "zod";
import { cidr, text, whole } from "./common.ts";

const minimum = whole(0, 200).describe("Fewest nodes; the autoscaler stays between minimum and maximum.");
const maximum = whole(0, 500).describe("Most nodes.");
const count = z.strictObject({ minimum, maximum });

export const pool = z.strictObject({
  instanceType: z.string().describe("Cloud's name of the machine type. Changing it rolls the nodes."),
  onDemand: count.describe("Nodes that are paid on demand."),
  spot: z
    .strictObject({
      minimum,
      maximum,
      alternativeInstanceTypes: z
        .array(z.string())
        .max(9)
        .describe("Types of the same size that may stand in."),
    })
    .optional()
    .describe("Nodes that the cloud may take back at two minutes' notice."),
  diskGiB: whole(20, 1000).describe("Root volume of each node."),
});
export type PoolConfig = z.infer<typeof pool>;

export const apiAccess = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("private") }),
  z.strictObject({ mode: z.literal("restricted"), allowedCidrs: z.array(cidr).min(1).max(40) }),
]);

export const cluster = z.strictObject({
  apiAccess: apiAccess.describe(
    "Who reaches the Kubernetes API: the network only, or listed ranges too; never the world.",
  ),
  administrators: z
    .array(text(/^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/\S{1,500}$/, "the ARN of an IAM role or user"))
    .describe("Role ARNs that administer the cluster beside its creator."),
  auditLogRetentionDays: whole(1, 3653).describe("Days that control-plane logs are kept."),
  pools: z.strictObject({
    general: pool,
    compute: pool.optional(),
    memory: pool
      .optional()
      .describe("One node group a zone, because volumes are zonal; counts are totals over the zones."),
  }),
});
export type ClusterConfig = z.infer<typeof cluster>;
