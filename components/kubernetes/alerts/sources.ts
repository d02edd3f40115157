import type { CloudExporter, KafkaOutputs, StoreOutputs } from "../../clouds/contract.ts";

/**
 * Which exporter makes the metrics of each store of a stack: rules and dashboards choose their queries by it and
 * show nothing that nobody exports. `none` is a managed store whose cloud brings no exporter; its own alarms watch it.
 */
export interface MetricSources {
  /** Kubernetes, its nodes, the mesh and the platform's operators; `none` for services run by hand on one machine. */
  readonly cluster: "kubernetes" | "none";
  readonly elasticsearch: "exporter" | "none";
  readonly postgres: "cloudnative-pg" | "cloudwatch" | "none";
  readonly redis: "redis-exporter" | "cloudwatch" | "none";
  /** The same exporter beside Strimzi, Confluent and MSK. */
  readonly kafka: "kafka-exporter" | "none";
  /** Connections that a managed PostgreSQL allows, and its size: CloudWatch knows only what is used. */
  readonly postgresLimits: { readonly connections: number; readonly storageGiB: number } | undefined;
}

export function metricSources(
  stores: {
    readonly postgres: StoreOutputs;
    readonly redis: StoreOutputs;
    readonly kafka: KafkaOutputs;
  },
  exporters: readonly Pick<CloudExporter, "name">[],
): MetricSources {
  const { postgres, redis, kafka } = stores;
  const has = (name: CloudExporter["name"]) => exporters.some((exporter) => exporter.name === name);
  const cloud = has("cloudwatch-exporter") ? "cloudwatch" : "none";
  const limits = postgres.managed;
  return {
    cluster: "kubernetes",
    elasticsearch: "exporter",
    postgres: postgres.namespace === undefined ? cloud : "cloudnative-pg",
    redis: redis.namespace === undefined ? cloud : "redis-exporter",
    kafka: kafka.namespace !== undefined || has("kafka-exporter") ? "kafka-exporter" : "none",
    postgresLimits:
      limits?.maxConnections === undefined || limits.storageGiB === undefined
        ? undefined
        : { connections: limits.maxConnections, storageGiB: limits.storageGiB },
  };
}
