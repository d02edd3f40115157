import type { ServiceSettings } from "../../../config/settings-types.ts";
import { serviceMetrics } from "../../../services/metrics.ts";
import { type AlertingRule, alert, ladderAlerts, type RuleGroup } from "./rule.ts";
import { aboutService, ownSeries } from "./service.ts";
import { leastTraffic, thresholds } from "./thresholds.ts";

/** Alerts on one metric of the services' own; a service that exports it gets them. */
interface WorkAlerts {
  readonly metric: string;
  readonly alerts: (service: ServiceSettings, series: (matchers?: string) => string) => AlertingRule[];
}

/** Records of a service's own metrics that alerts and dashboards share. */
export const cacheHitRatio = "service:cache_hits:ratio_rate15m";

/** What a service does beside answering: events, spool, providers, cache, dependencies. */
export function workGroups(service: ServiceSettings): RuleGroup[] {
  const rules = workAlerts
    .filter(({ metric }) => exportsMetric(service, metric))
    .flatMap(({ metric, alerts }) =>
      alerts(service, (matchers) => `${metric}{${ownSeries(service)}${matchers ? `,${matchers}` : ""}}`),
    );
  const records = exportsMetric(service, "marketplace_cache_requests_total") ? [hitRatio(service)] : [];
  return rules.length === 0 ? [] : [{ name: `${service.name}-work`, rules: [...records, ...rules] }];
}

/** Whether a service exports a metric, by the one list. */
export function exportsMetric({ name }: Pick<ServiceSettings, "name">, metric: string): boolean {
  return serviceMetrics.some((one) => one.name === metric && one.services.some((other) => other === name));
}

/** Whether any of the services exports it. */
export function anyExports(services: readonly Pick<ServiceSettings, "name">[], metric: string): boolean {
  return services.some((service) => exportsMetric(service, metric));
}

/** Look-ups that Redis did not answer are misses too: Elasticsearch had to. */
function hitRatio(service: ServiceSettings) {
  const lookups = (matchers: string) =>
    `sum(rate(marketplace_cache_requests_total{${ownSeries(service)}${matchers}}[15m]))`;
  return {
    record: cacheHitRatio,
    labels: { service: service.name },
    expr: `${lookups(',result="hit"')} / ${lookups("")}`,
  };
}

const workAlerts: readonly WorkAlerts[] = [
  {
    metric: "marketplace_dependency_up",
    alerts: (service, series) =>
      ladderAlerts({
        ...aboutService(service),
        alert: "ServiceDependencyDown",
        measure: `avg by (dependency) (${series()})`,
        ladder: thresholds.dependency,
        for: { critical: "2m", warning: "10m" },
        dashboard: "service-overview",
        summary: `${service.name} does not reach {{ $labels.dependency }}`,
        description: `Only {{ $value | humanizePercentage }} of the pods of ${service.name} reach {{ $labels.dependency }}.`,
      }),
  },
  {
    metric: "marketplace_outbox_pending",
    alerts: (service, series) => [
      ...ladderAlerts({
        ...aboutService(service),
        alert: "OutboxBacklog",
        measure: `max(${series()})`,
        ladder: thresholds.outbox,
        for: { critical: "5m", warning: "10m" },
        dashboard: "message-queue",
        summary: `${service.name} has {{ $value }} events that are not in Kafka`,
        description:
          "Changes are committed and safe, but nobody else hears of them until the outbox is empty.",
      }),
      alert({
        ...aboutService(service),
        alert: "OutboxStuck",
        severity: "critical",
        expr: `max(${series()}) > 0 and sum(increase(marketplace_outbox_published_total{${ownSeries(service)}}[10m])) == 0`,
        for: "5m",
        dashboard: "message-queue",
        summary: `${service.name} brings no event to Kafka although {{ $value }} wait`,
        description: "For ten minutes not one event left the outbox: the relay stands or Kafka refuses it.",
      }),
    ],
  },
  {
    metric: "marketplace_spool_capacity_ratio",
    alerts: (service, series) =>
      ladderAlerts({
        ...aboutService(service),
        alert: "MeteringSpoolFilling",
        measure: `max by (pod) (${series()})`,
        ladder: thresholds.spool,
        for: { critical: "1m", warning: "5m" },
        dashboard: "message-queue",
        summary: `The metering spool of {{ $labels.pod }} is {{ $value | humanizePercentage }} full`,
        description:
          "Records wait on the pod's disk because Kafka does not take them; a full spool refuses calls.",
      }),
  },
  {
    metric: "marketplace_circuits_open",
    alerts: (service, series) => [
      alert({
        ...aboutService(service),
        alert: "ProviderCircuitsOpen",
        severity: "warning",
        expr: `max(${series()}) > 0`,
        for: "10m",
        dashboard: "business-metrics",
        summary: `${service.name} does not call {{ $value }} providers because they fail`,
        description: "Calls to these providers are refused at once until a trial call succeeds.",
      }),
    ],
  },
  {
    metric: "marketplace_calls_total",
    alerts: (service, series) => [
      ...ladderAlerts({
        ...aboutService(service),
        alert: "ProviderFailures",
        measure: `sum(rate(${series('outcome=~"provider-error|provider-timeout"')}[10m])) / sum(rate(${series()}[10m]))`,
        provided: `sum(rate(${series()}[10m])) > ${leastTraffic}`,
        ladder: thresholds.providerFailures,
        for: { warning: "10m" },
        dashboard: "business-metrics",
        summary: "{{ $value | humanizePercentage }} of model calls fail at the provider",
        description:
          "Errors and timeouts of providers over ten minutes; the platform's own errors are ServiceErrorRate.",
      }),
    ],
  },
  {
    metric: "marketplace_metering_consumed_total",
    alerts: (service, series) => [
      alert({
        ...aboutService(service),
        alert: "MeteringDeadLetters",
        severity: "warning",
        expr: `sum(increase(${series('result="dead-letter"')}[15m])) > 0`,
        for: "1m",
        dashboard: "message-queue",
        summary: `${service.name} could not take {{ $value | humanize }} metering records`,
        description:
          "They are kept in metering.dead-letter and count in no report until somebody replays them.",
      }),
    ],
  },
  {
    metric: "marketplace_events_indexed_total",
    alerts: (service, series) => [
      alert({
        ...aboutService(service),
        alert: "ListingEventsInvalid",
        severity: "warning",
        expr: `sum(increase(${series('result="invalid"')}[15m])) > 0`,
        for: "1m",
        dashboard: "message-queue",
        summary: `${service.name} cannot read {{ $value | humanize }} listing events`,
        description: "Listings of these events are missing or old in search until the writer is mended.",
      }),
    ],
  },
  {
    metric: "marketplace_index_delay_seconds",
    alerts: (service) => [
      ...ladderAlerts({
        ...aboutService(service),
        alert: "SearchIndexDelay",
        measure: `histogram_quantile(0.95, sum by (le) (rate(marketplace_index_delay_seconds_bucket{${ownSeries(service)}}[10m])))`,
        ladder: thresholds.indexDelay,
        for: { warning: "10m" },
        dashboard: "message-queue",
        summary: "Changes of listings are searchable only after {{ $value | humanizeDuration }}",
        description: "p95 of the time from a change of a listing to its being found.",
      }),
    ],
  },
  {
    metric: "marketplace_cache_requests_total",
    alerts: (service) => [
      ...ladderAlerts({
        ...aboutService(service),
        alert: "CacheHitRate",
        measure: `${cacheHitRatio}{service="${service.name}"}`,
        provided: `on () sum(rate(marketplace_cache_requests_total{${ownSeries(service)}}[15m])) > ${leastTraffic}`,
        ladder: thresholds.cacheHits,
        for: { warning: "15m" },
        dashboard: "cache-metrics",
        summary: `Only {{ $value | humanizePercentage }} of the look-ups of ${service.name} are answered by the cache`,
        description: "The rest goes to Elasticsearch, which is sized for one search in ten.",
      }),
    ],
  },
];
