/**
 * Every threshold of the platform's alerts, once: alerts compare with these values and panels draw the same ones, so
 * that a line that turns red on a dashboard is a line for which somebody is told.
 */
export interface Ladder {
  /** Value at which the channel is told; undefined where nothing comes before the page. */
  readonly warning?: number;
  /** Value at which somebody is paged; undefined where it can wait for the morning. */
  readonly critical?: number;
  readonly breach: "above" | "below";
  /** Grafana's id of the unit. */
  readonly unit: "percentunit" | "ms" | "s" | "short";
  /** Where the figures come from. */
  readonly reason: string;
}

export type Severity = "critical" | "warning";

const hour = 3600;
const day = 24 * hour;

export const thresholds = {
  errorRate: {
    warning: 0.005,
    critical: 0.01,
    breach: "above",
    unit: "percentunit",
    reason: "status summary: error rate over 1 % pages, over 0.5 % warns",
  },
  latencyP95: {
    warning: 500,
    critical: 1000,
    breach: "above",
    unit: "ms",
    reason: "status summary: p95 over 1 s pages, over 500 ms warns",
  },
  disk: {
    warning: 0.8,
    breach: "above",
    unit: "percentunit",
    reason: "status summary: disk over 80 % warns; Elasticsearch moves shards away at 85 %",
  },
  memory: {
    warning: 0.85,
    breach: "above",
    unit: "percentunit",
    reason: "status summary: memory over 85 % warns",
  },
  cacheHits: {
    warning: 0.9,
    breach: "below",
    unit: "percentunit",
    reason: "status summary: hit rate over 90 %; below it Elasticsearch carries the searches",
  },
  dependency: {
    warning: 1,
    critical: 0.5,
    breach: "below",
    unit: "percentunit",
    reason: "share of pods that reach it: one without it warns, half of them without it page",
  },
  outbox: {
    warning: 500,
    critical: 10_000,
    breach: "above",
    unit: "short",
    reason: "a healthy outbox empties within seconds; 10,000 events are an hour of a busy marketplace",
  },
  spool: {
    warning: 0.5,
    critical: 0.8,
    breach: "above",
    unit: "percentunit",
    reason: "a full spool refuses calls rather than leaving them unmetered; at 80 % there is still time",
  },
  providerFailures: {
    warning: 0.1,
    breach: "above",
    unit: "percentunit",
    reason: "providers fail at times, retries hide single ones; one call in ten is what users notice",
  },
  indexDelay: {
    warning: 60,
    breach: "above",
    unit: "s",
    reason: "a listing is searchable within seconds; a minute means that the consumer is behind",
  },
  connections: {
    warning: 0.8,
    critical: 0.95,
    breach: "above",
    unit: "percentunit",
    reason: "the roles' limits add up to the whole; a release at full load needs the last fifth",
  },
  postgresLag: {
    warning: 60,
    critical: 300,
    breach: "above",
    unit: "s",
    reason: "a standby that is minutes behind is not promoted; recovery point objective 15 minutes",
  },
  transactionIds: {
    warning: 0.5,
    critical: 0.75,
    breach: "above",
    unit: "percentunit",
    reason: "autovacuum begins at a tenth of 2^31; PostgreSQL stops writing near the end",
  },
  redisLag: {
    warning: 10,
    critical: 60,
    breach: "above",
    unit: "s",
    reason: "what a failover loses; counters of limits may go back by seconds, not by a minute",
  },
  redisMemory: {
    warning: 0.85,
    critical: 0.95,
    breach: "above",
    unit: "percentunit",
    reason:
      "status summary: memory over 85 % warns; at the limit Redis evicts, among them what services still need",
  },
  consumerLag: {
    warning: 10_000,
    critical: 100_000,
    breach: "above",
    unit: "short",
    reason: "10,000 records are seconds of a consumer at full speed and minutes of a slow one",
  },
  heap: {
    warning: 0.9,
    breach: "above",
    unit: "percentunit",
    reason: "Elasticsearch's breakers refuse requests at 95 % of the heap",
  },
  certificateAge: {
    warning: 10 * day,
    critical: 3 * day,
    breach: "below",
    unit: "s",
    reason:
      "renewal starts 30 days before the end (public and stores alike); ten days before it has failed for weeks",
  },
  backupAge: {
    warning: 26 * hour,
    critical: 50 * hour,
    breach: "above",
    unit: "s",
    reason: "daily, two hours allowed for its run; two missed runs page",
  },
  databaseBackupAge: {
    warning: 3 * hour,
    critical: 26 * hour,
    breach: "above",
    unit: "s",
    reason: "hourly; archived log covers the time between, a day without a base backup makes restores slow",
  },
} as const satisfies Readonly<Record<string, Ladder>>;

/** Requests a second below which a share of errors says nothing: fewer than 30 requests in five minutes. */
export const leastTraffic = 0.1;
