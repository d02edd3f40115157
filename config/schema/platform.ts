import { z } from "zod";
import { cluster } from "./cluster.ts";
import { dnsName, labelValue, text } from "./common.ts";
import { rateLimits } from "./gateway.ts";
import { cost, guardrails } from "./governance.ts";
import { identity } from "./identity.ts";
import { network } from "./network.ts";
import { backup, observability, services } from "./operations.ts";
import { data, kafka } from "./stores.ts";

const common = {
  environment: z.enum(["local", "dev", "staging", "production"]).describe("Row of the table of defaults."),
  profile: z
    .enum(["list", "optimised"])
    .describe("optimised takes Graviton, Valkey and spot where state allows it."),
  owner: labelValue.describe("Team that answers for the stack."),
  costCentre: labelValue,
  domain: dnsName.describe("DNS name of the platform; services are reached under api.<domain>."),
  identity,
  rateLimits,
  data,
  kafka,
  observability,
  backup,
  services,
  cost,
  guardrails,
};

const awsRegion = text(/^[a-z]{2}(-[a-z]+)+-\d+$/, "an AWS region such as us-east-1");

const awsPlatform = z.strictObject({
  cloud: z.literal("aws"),
  ...common,
  aws: z.strictObject({
    region: awsRegion.describe("AWS region, for example us-east-1. Changing it is a new platform."),
    drRegion: awsRegion.describe("Region of the recovery copies; not the region itself."),
  }),
  network,
  cluster,
});

const localPlatform = z.strictObject({
  cloud: z.literal("local"),
  ...common,
  local: z.strictObject({
    kubeContext: z.string().min(1).describe("Context of the kubeconfig, for example kind-llm-marketplace."),
    storageProvisioner: z.string().describe("CSI provisioner of the cluster's volumes."),
    registry: z.string().describe("Registry from which the services' images come."),
  }),
});

/** The whole configuration of a stack after defaults: one branch per cloud. */
export const platform = z.discriminatedUnion("cloud", [awsPlatform, localPlatform]);
export type PlatformConfig = z.infer<typeof platform>;
export type AwsPlatformConfig = z.infer<typeof awsPlatform>;
export type LocalPlatformConfig = z.infer<typeof localPlatform>;
