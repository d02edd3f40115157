import type * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../../config/settings-types.ts";
import type { Cloud, CloudArgs } from "../contract.ts";
import { createBackup } from "./backup.ts";
import { createCluster } from "./cluster.ts";
import { createDns } from "./dns.ts";
import { createEncryption } from "./encryption.ts";
import type { AwsEnvironment } from "./environment.ts";
import { gatewayExposure } from "./gateway.ts";
import { createIdentity } from "./identity.ts";
import { createKafka } from "./kafka.ts";
import { createNetwork } from "./network.ts";
import { createObjectStore } from "./object-store.ts";
import { createPostgres } from "./postgres.ts";
import { Providers } from "./providers.ts";
import { createRedis } from "./redis.ts";
import { createRegistry } from "./registry.ts";
import { createSecret, createSecretStore } from "./secrets.ts";
import { createTelemetry } from "./telemetry.ts";

type Build<Spec, Outputs> = (
  parent: pulumi.ComponentResource,
  name: string,
  spec: Spec,
  environment: AwsEnvironment,
) => Outputs;

/** AWS as the components see it. */
export function create(args: CloudArgs & { readonly target: AwsTarget }) {
  const { environment } = new Providers("providers", args);
  const inAws =
    <Spec, Outputs>(build: Build<Spec, Outputs>) =>
    (parent: pulumi.ComponentResource, name: string, spec: Spec) =>
      build(parent, name, spec, environment);
  return {
    name: "aws",
    // The recovery region's provider is not among them: what belongs there names it.
    providers: [environment.provider, environment.eksProvider],
    region: environment.region,
    recoveryRegion: environment.recoveryRegion,
    encryption: inAws(createEncryption),
    network: inAws(createNetwork),
    cluster: inAws(createCluster),
    registry: inAws(createRegistry),
    dns: inAws(createDns),
    identity: inAws(createIdentity),
    objectStore: inAws(createObjectStore),
    secretStore: inAws(createSecretStore),
    secret: inAws(createSecret),
    postgres: inAws(createPostgres),
    redis: inAws(createRedis),
    kafka: inAws(createKafka),
    telemetry: inAws(createTelemetry),
    backup: inAws(createBackup),
    gateway: gatewayExposure,
  } satisfies Cloud;
}
