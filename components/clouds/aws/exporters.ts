import { stringify } from "yaml";
import type { CloudExporter, TelemetrySpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";

/**
 * Seconds between two readings of CloudWatch: $0.01 per 1,000 metrics read (CloudWatch price list, 2026-11), so 40
 * metrics cost about $3.50 a month; every minute it would be five times that. Alarms watch each minute themselves.
 */
const readingSeconds = 300;
const kafkaIamPort = 9098;

type Statistic = "Average" | "Maximum" | "Minimum" | "Sum";
type Metrics = Readonly<Record<string, Statistic>>;

/** What dashboards and rules need of RDS. */
const postgresMetrics: Metrics = {
  CPUUtilization: "Average",
  DatabaseConnections: "Maximum",
  FreeStorageSpace: "Minimum",
  FreeableMemory: "Minimum",
  ReadLatency: "Average",
  WriteLatency: "Average",
  ReadIOPS: "Average",
  WriteIOPS: "Average",
  TransactionLogsDiskUsage: "Maximum",
  MaximumUsedTransactionIDs: "Maximum",
};

/** What dashboards and rules need of ElastiCache, of each node. */
const redisMetrics: Metrics = {
  CacheHits: "Sum",
  CacheMisses: "Sum",
  CurrConnections: "Maximum",
  DatabaseMemoryUsagePercentage: "Maximum",
  EngineCPUUtilization: "Average",
  Evictions: "Sum",
  ReplicationLag: "Maximum",
};

/** Backup jobs of the stack's vault that finished in an hour; AWS Backup reports them late and seldom. */
const backupMetrics: Metrics = { NumberOfBackupJobsCompleted: "Sum" };
const backupWindow = { period: 3600, length: 7200, nilToZero: true } as const;

/**
 * Exporters of what AWS manages. None needs a password: users of ElastiCache and MSK here prove themselves with IAM
 * tokens, which the usual Redis exporter cannot make, and so do PostgreSQL's roles; CloudWatch knows both stores.
 * Kafka's exporter makes IAM tokens itself and sees what CloudWatch sells at its finer levels: the lag of every group.
 */
export function managedStoreExporters(spec: TelemetrySpec, { region }: AwsEnvironment): CloudExporter[] {
  const { postgres, redis, kafka } = spec;
  const exporters: CloudExporter[] = [];
  if (postgres.reference !== undefined || redis.reference !== undefined) {
    exporters.push(cloudWatchExporter(spec, region));
  }
  if (kafka.reference !== undefined) exporters.push(kafkaExporter(spec, region));
  return exporters;
}

function cloudWatchExporter({ context, postgres, redis }: TelemetrySpec, region: string): CloudExporter {
  const minute = { period: 60, length: readingSeconds };
  const job = (type: string, metrics: Metrics, window: Record<string, unknown> = minute) => ({
    type,
    regions: [region],
    // Of this stack only: other stacks of the account have exporters of their own.
    searchTags: [
      { key: "Project", value: `^${context.project}$` },
      { key: "Stack", value: `^${context.stack}$` },
    ],
    metrics: Object.entries(metrics).map(([name, statistic]) => ({
      name,
      statistics: [statistic],
      ...window,
    })),
  });
  const jobs = [
    ...(postgres.reference === undefined
      ? []
      : [job("AWS/RDS", postgresMetrics), job("AWS/Backup", backupMetrics, backupWindow)]),
    ...(redis.reference === undefined ? [] : [job("AWS/ElastiCache", redisMetrics)]),
  ];
  return {
    name: "cloudwatch-exporter",
    chart: "prometheus-yet-another-cloudwatch-exporter",
    values: {
      config: stringify({ apiVersion: "v1alpha1", "sts-region": region, discovery: { jobs } }),
      extraArgs: { "scraping-interval": readingSeconds },
      serviceMonitor: { enabled: true },
      testConnection: false,
    },
    grants: [{ to: "cloud-metrics" }],
    ports: [],
    ready: [...postgres.ready, ...redis.ready],
  };
}

function kafkaExporter({ kafka }: TelemetrySpec, region: string): CloudExporter {
  return {
    name: "kafka-exporter",
    chart: "prometheus-kafka-exporter",
    values: {
      kafkaServer: kafka.bootstrapServers.apply((servers) => servers.split(",")),
      tls: { enabled: true },
      sasl: { enabled: true, awsiam: { enabled: true, awsRegion: region } },
      prometheus: { serviceMonitor: { enabled: true, namespace: "" } },
    },
    grants: [{ to: "kafka-metrics", kafka }],
    ports: [kafka.port ?? kafkaIamPort],
    ready: kafka.ready,
  };
}
