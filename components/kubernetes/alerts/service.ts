import type { ServiceSettings } from "../../../config/settings-types.ts";
import { namespaces } from "../places.ts";
import { serviceNames } from "../service-names.ts";
import { latencyIndicator } from "../service-objectives.ts";
import { alert, ladderAlerts, type RecordingRule, type RuleGroup } from "./rule.ts";
import { leastTraffic, thresholds } from "./thresholds.ts";

/** Recorded series of a service that alerts and dashboards read, each with the label `service`. */
export const serviceSeries = {
  requests: "service:requests:rate5m",
  errors: "service:availability_errors:ratio_rate5m",
  latency: {
    "0.5": "service:latency_p50_millis:rate5m",
    "0.95": "service:latency_p95_millis:rate5m",
    "0.99": "service:latency_p99_millis:rate5m",
  },
} as const;

/** Records and alerts of a service as its users see it: is it there, does it answer, is it quick. */
export function serviceGroups(service: ServiceSettings): RuleGroup[] {
  return [{ name: `${service.name}-service`, rules: [...records(service), ...alerts(service)] }];
}

/** What alerts on a service have in common. */
export function aboutService(service: ServiceSettings) {
  return {
    labels: { service: service.name, namespace: namespaces.services },
    variables: { service: service.name },
  };
}

/** Series of the service's own pods. */
export function ownSeries({ name }: ServiceSettings): string {
  return `namespace="${namespaces.services}",job="${name}"`;
}

/** Requests as callers count them, the gateway among them. */
export function callsTo(service: string): string {
  return (
    `reporter="source",destination_service_namespace="${namespaces.services}",` +
    `destination_service_name="${serviceNames(service).service}"`
  );
}

function records(service: ServiceSettings): RecordingRule[] {
  const labels = { service: service.name };
  const { histogram, matchers } = latencyIndicator(service.objective);
  const buckets = `${histogram}{${[ownSeries(service), ...(matchers ? [matchers] : [])].join(",")}}`;
  return [
    {
      record: serviceSeries.requests,
      labels,
      expr: `sum(rate(istio_requests_total{${callsTo(service.name)}}[5m]))`,
    },
    ...Object.entries(serviceSeries.latency).map(([quantile, record]) => ({
      record,
      labels,
      expr: `histogram_quantile(${quantile}, sum by (le) (rate(${buckets}[5m])))`,
    })),
  ];
}

function alerts(service: ServiceSettings) {
  const { name, objective } = service;
  const about = { ...aboutService(service), dashboard: "service-overview" as const };
  const of = (record: string) => `${record}{service="${name}"}`;
  const busy = `${of(serviceSeries.requests)} > ${leastTraffic}`;
  // A slow model is no outage: of consumption only the platform's own part of the time is watched.
  const counted = objective.latencyOf === "overhead" ? "own part of a call" : "answer";
  return [
    alert({
      ...about,
      alert: "ServiceDown",
      severity: "critical",
      expr: noPodReady(name),
      for: "2m",
      summary: `${name} is down: none of its pods is ready`,
      description: `No pod of ${name} has been ready for two minutes; every request to it fails.`,
    }),
    ...ladderAlerts({
      ...about,
      alert: "ServiceErrorRate",
      measure: of(serviceSeries.errors),
      provided: busy,
      ladder: thresholds.errorRate,
      for: { critical: "2m", warning: "5m" },
      summary: `${name} answers {{ $value | humanizePercentage }} of requests with an error`,
      description: `Share of 5xx answers of ${name} over five minutes, as its callers and the gateway see them.`,
    }),
    ...ladderAlerts({
      ...about,
      alert: "ServiceLatency",
      measure: of(serviceSeries.latency["0.95"]),
      provided: busy,
      ladder: thresholds.latencyP95,
      for: { critical: "5m", warning: "10m" },
      summary: `${name} is slow: the p95 of its ${counted} is {{ $value | humanize }} ms`,
      description: `p95 over five minutes; the objective of ${name} is ${objective.latencyP95Millis} ms.`,
    }),
  ];
}

/**
 * No pod of the Rollout is ready, or there is none. Without kube-state-metrics the second would be true of every
 * service, so it counts only while those are read.
 */
function noPodReady(name: string): string {
  const pods = `kube_pod_status_ready{namespace="${namespaces.services}",condition="true",pod=~"${name}-[0-9a-z]+-[0-9a-z]+"}`;
  return `sum(${pods}) == 0 or (absent(${pods}) and on () (sum(up{job="kube-state-metrics"}) > 0))`;
}
