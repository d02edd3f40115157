import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { redisSeries } from "../alerts/redis.ts";
import { anyExports, cacheHitRatio } from "../alerts/service-work.ts";
import { thresholds } from "../alerts/thresholds.ts";
import { namespaces } from "../places.ts";
import { buildDashboard, type DashboardFacts, serviceVariable } from "./dashboard.ts";
import { logsLink, tracesLink, variable } from "./links.ts";
import type { PanelSpec } from "./panel.ts";

/** How well the cache works for the services, and how Redis is. */
export function cacheMetrics({ services, sources }: DashboardFacts): Dashboard {
  return buildDashboard({
    name: "cache-metrics",
    description: "Does the cache answer nine look-ups in ten, and has Redis memory and replicas?",
    variables: [serviceVariable],
    sections: [
      {
        title: "Look-ups of the services",
        panels: anyExports(services, "marketplace_cache_requests_total") ? lookups : [],
      },
      { title: "Redis", panels: redis[sources.redis] },
    ],
    releases: sources.cluster === "kubernetes",
    links: [
      logsLink(`{namespace=~"${namespaces.data}|${namespaces.services}"} |~ "(?i)redis|cache"`),
      tracesLink(variable("service:raw")),
    ],
  });
}

const lookups: readonly PanelSpec[] = [
  {
    title: "Hit rate",
    description: thresholds.cacheHits.reason,
    unit: "percentunit",
    max: 1,
    width: 12,
    queries: [{ expr: cacheHitRatio, legend: "{{service}}" }],
    ladder: thresholds.cacheHits,
  },
  {
    title: "Look-ups by result",
    unit: "ops",
    width: 12,
    queries: [
      {
        expr: "sum by (job, result) (rate(marketplace_cache_requests_total[5m]))",
        legend: "{{job}} {{result}}",
      },
    ],
  },
];

const shared: readonly PanelSpec[] = [
  {
    title: "Memory of the limit",
    description: thresholds.redisMemory.reason,
    unit: "percentunit",
    max: 1,
    queries: [{ expr: redisSeries.memory, legend: "{{member}}" }],
    ladder: thresholds.redisMemory,
  },
  {
    title: "Replication lag",
    description: thresholds.redisLag.reason,
    unit: "s",
    queries: [{ expr: redisSeries.lag, legend: "{{member}}" }],
    ladder: thresholds.redisLag,
  },
  {
    title: "Keys found",
    description: "Of all users of Redis, counters of limits among them; the cache's own rate is above.",
    unit: "percentunit",
    max: 1,
    queries: [{ expr: redisSeries.hits, legend: "{{member}}" }],
  },
  {
    title: "Keys evicted",
    description: "For want of memory.",
    unit: "ops",
    queries: [{ expr: redisSeries.evictions, legend: "{{member}}" }],
  },
  {
    title: "Connections",
    unit: "short",
    queries: [{ expr: redisSeries.connections, legend: "{{member}}" }],
  },
];

const redis: Readonly<Record<DashboardFacts["sources"]["redis"], readonly PanelSpec[]>> = {
  "redis-exporter": [
    ...shared,
    {
      title: "Commands",
      unit: "ops",
      queries: [{ expr: "sum by (pod) (rate(redis_commands_processed_total[5m]))", legend: "{{pod}}" }],
    },
  ],
  cloudwatch: [
    ...shared,
    {
      title: "CPU of the engine",
      unit: "percent",
      max: 100,
      queries: [
        {
          expr: "max by (dimension_CacheClusterId) (aws_elasticache_engine_cpuutilization_average)",
          legend: "{{dimension_CacheClusterId}}",
        },
      ],
    },
  ],
  none: [],
};
