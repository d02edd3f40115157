import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { TopicSpec } from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { labels } from "../core/labels.ts";
import type { KafkaUser, StoreNamespace } from "./stores-contract.ts";

export interface KafkaDeclarationSpec {
  readonly context: PlatformContext;
  readonly namespace: StoreNamespace;
  readonly topics: readonly TopicSpec[];
  readonly users: readonly KafkaUser[];
}

/**
 * The topics and rights that this stack declares, as a ConfigMap: operators read it, and the daily backup of the
 * cluster's objects carries it off beside everything else, wherever Kafka itself runs.
 */
export function createKafkaDeclaration(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace, topics, users }: KafkaDeclarationSpec,
): kubernetes.core.v1.ConfigMap {
  return new kubernetes.core.v1.ConfigMap(
    name,
    {
      metadata: {
        name: "kafka-declaration",
        namespace: namespace.output,
        labels: labels(context, "messaging", "kafka-declaration"),
      },
      data: {
        "topics.json": JSON.stringify(topics, undefined, 2),
        "users.json": JSON.stringify(users, undefined, 2),
      },
    },
    { parent },
  );
}
