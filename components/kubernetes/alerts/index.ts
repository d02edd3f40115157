import { elasticsearchGroups } from "./elasticsearch.ts";
import { kafkaGroups } from "./kafka.ts";
import { nodeGroups } from "./nodes.ts";
import { platformGroups } from "./platform.ts";
import { postgresGroups } from "./postgres.ts";
import { redisGroups } from "./redis.ts";
import type { RuleGroup } from "./rule.ts";
import type { MetricSources } from "./sources.ts";

/** Rules of the platform itself, by the name of their PrometheusRule; services bring their own. */
export function platformRules(sources: MetricSources): Readonly<Record<string, readonly RuleGroup[]>> {
  return {
    nodes: nodeGroups(),
    platform: platformGroups(),
    postgres: postgresGroups(sources),
    redis: redisGroups(sources),
    elasticsearch: elasticsearchGroups(),
    kafka: kafkaGroups(sources),
  };
}
