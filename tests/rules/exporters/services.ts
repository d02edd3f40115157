/** The services' own metrics from `services/metrics.ts`, and the sidecar's, merged on one port. */
import { latencyBuckets } from "../../../components/kubernetes/service-objectives.ts";
import { catalog } from "../../../services/catalog.ts";
import { metricsOf, type ServiceMetric, type ServiceName } from "../../../services/metrics.ts";
import { counter, type Exporter, gauge, histogram, type Metric } from "./exporter.ts";

/** Values of a label, by metric where it means different things; the words of the metric's help. */
const values: Readonly<Record<string, readonly string[]>> = {
  http_request_method: ["GET", "POST"],
  http_route: ["/v1/listings/{id}", "unmatched"],
  http_response_status_code: ["200", "503"],
  dependency: ["postgres", "redis", "elasticsearch", "kafka"],
  from: ["none", "draft", "review"],
  to: ["draft", "review", "published"],
  topic: ["listing.events"],
  kind: ["search", "autocomplete", "similar", "trending"],
  direction: ["input", "output"],
  decision: ["approved", "rejected"],
  reason: [
    "rate-limit",
    "quota",
    "circuit-open",
    "host-not-approved",
    "address-refused",
    "key",
    "spool-full",
    "overload",
  ],
  outcome: ["succeeded", "provider-error", "provider-timeout", "aborted", "refused"],
  "marketplace_cache_requests_total.result": ["hit", "miss", "error"],
  "marketplace_events_indexed_total.result": ["indexed", "stale", "invalid"],
  "marketplace_metering_consumed_total.result": ["counted", "duplicate", "dead-letter"],
};

export function serviceExporters(names: readonly string[]): Exporter[] {
  return catalog
    .filter(({ name }) => names.includes(name))
    .map(({ name, objective }) => ({
      name: `service-${name}`,
      version: "services/metrics.ts",
      source:
        "the services' contract; sidecar: istio.io, reference of standard metrics, and the pod's bucket annotation",
      target: {
        job: name,
        namespace: "llm-marketplace",
        service: `${name}-service`,
        pod: `${name}-5f6d8c7b9-x2k4p`,
        container: "istio-proxy",
        endpoint: "metrics",
        rollouts_pod_template_hash: "5f6d8c7b9",
      },
      metrics: [
        ...metricsOf(name as ServiceName).map(asMetric),
        ...sidecarMetrics(name, ["source", "destination"], latencyBuckets(objective)),
      ],
    }));
}

function asMetric({ name, kind, labels, buckets }: ServiceMetric): Metric {
  const known = Object.fromEntries(
    labels.map((label) => {
      const found = values[`${name}.${label}`] ?? values[label];
      if (found === undefined)
        throw new Error(`${name}: say in this file which values its label ${label} has`);
      return [label, found] as const;
    }),
  );
  return kind === "histogram" ? histogram(name, buckets ?? [], known) : { name, type: kind, labels: known };
}

/** What a proxy counts of requests: where they leave (`source`) and where they arrive (`destination`). */
export function sidecarMetrics(
  service: string,
  reporters: readonly string[],
  buckets: readonly number[],
): Metric[] {
  const labels = {
    reporter: reporters,
    source_workload: ["istio-gateway"],
    destination_service_name: [`${service}-service`],
    destination_service_namespace: ["llm-marketplace"],
    destination_workload: [service],
    request_protocol: ["http"],
    response_code: ["200", "404", "503"],
    response_flags: ["-"],
  };
  return [
    counter("istio_requests_total", labels),
    histogram(
      "istio_request_duration_milliseconds",
      buckets.map((bound) => `${bound}`),
      labels,
    ),
  ];
}

export const gateway: Exporter = {
  name: "istio-gateways",
  version: "istio 1.31.4",
  source: "istio.io, reference of standard metrics",
  target: { job: "monitoring/istio-gateways", namespace: "istio-ingress", pod: "istio-gateway-0" },
  metrics: [gauge("envoy_server_live")],
};
