import type { LocalTarget } from "../../../config/settings-types.ts";
import type { Cloud, CloudArgs } from "../contract.ts";
import { createBackup } from "./backup.ts";
import { createCluster } from "./cluster.ts";
import { createDns } from "./dns.ts";
import { createEncryption } from "./encryption.ts";
import { gatewayExposure } from "./gateway.ts";
import { createIdentity } from "./identity.ts";
import { createKafka } from "./kafka.ts";
import { createNetwork } from "./network.ts";
import { ObjectStores } from "./object-store.ts";
import { createPostgres } from "./postgres.ts";
import { Providers } from "./providers.ts";
import { createRedis } from "./redis.ts";
import { createRegistry } from "./registry.ts";
import { createSecret, createSecretStore } from "./secrets.ts";
import { createTelemetry } from "./telemetry.ts";

export interface LocalArgs extends CloudArgs {
  readonly target: LocalTarget;
}

/** The local cloud: a cluster that stands already, with everything that a cloud would manage inside it. */
export function create(args: LocalArgs) {
  const { environment } = new Providers("providers", args);
  const objectStores = new ObjectStores(environment);
  return {
    name: "local",
    providers: [environment.provider],
    region: undefined,
    recoveryRegion: undefined,
    encryption: () => createEncryption(),
    network: (_parent, _name, spec) => createNetwork(spec),
    cluster: (parent, name, spec) => createCluster(parent, name, spec, environment),
    registry: (_parent, _name, spec) => createRegistry(spec, environment),
    dns: () => createDns(),
    identity: () => createIdentity(),
    objectStore: (parent, name, spec) => objectStores.create(parent, name, spec),
    secretStore: (parent, name, spec) => {
      objectStores.useOperator(parent);
      return createSecretStore(parent, name, spec);
    },
    secret: createSecret,
    postgres: () => createPostgres(),
    redis: () => createRedis(),
    kafka: () => createKafka(),
    telemetry: () => createTelemetry(),
    backup: () => createBackup(),
    gateway: () => gatewayExposure(),
  } satisfies Cloud;
}
