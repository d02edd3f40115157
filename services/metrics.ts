/**
 * Every metric that the services export: the one list from which dashboards and alerts take names and labels, and
 * against which each service's `/metrics` is held. A name that is not here is on no dashboard, and a service that
 * lacks one of its own fails its tests.
 */
export type ServiceName = "publishing" | "discovery" | "consumption" | "admin";

export interface ServiceMetric {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** Grafana's id of the unit: `s`, `ms`, `short`, `bytes`, `currencyUSD`. */
  readonly unit: string;
  readonly labels: readonly string[];
  readonly help: string;
  readonly services: readonly ServiceName[];
  /** Upper bounds of a histogram's buckets, in the metric's own unit. */
  readonly buckets?: readonly number[];
}

const all: readonly ServiceName[] = ["publishing", "discovery", "consumption", "admin"];

/** In seconds, with a boundary at each service's p95 goal and at the thresholds of the alerts. */
export const requestBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 1, 2.5, 5, 10, 30,
] as const;
/** In milliseconds. */
export const overheadBuckets = [1, 2, 5, 10, 25, 50, 100, 200, 300, 500, 1000, 2500, 5000] as const;

export const serviceMetrics: readonly ServiceMetric[] = [
  {
    name: "http_server_request_duration_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["http_request_method", "http_route", "http_response_status_code"],
    help: "Time of a request from its head to the last byte of its answer.",
    services: all,
    buckets: requestBuckets,
  },
  {
    name: "http_server_active_requests",
    kind: "gauge",
    unit: "short",
    labels: ["http_request_method"],
    help: "Requests in flight.",
    services: all,
  },
  {
    name: "marketplace_dependency_up",
    kind: "gauge",
    unit: "short",
    labels: ["dependency"],
    help: "1 where the last check of a store or service that this one needs succeeded, else 0.",
    services: all,
  },
  {
    name: "marketplace_listing_transitions_total",
    kind: "counter",
    unit: "short",
    labels: ["from", "to"],
    help: "Changes of a listing's status; from is none for a new one.",
    services: ["publishing"],
  },
  {
    name: "marketplace_outbox_pending",
    kind: "gauge",
    unit: "short",
    labels: [],
    help: "Events that are committed and not yet in Kafka.",
    services: ["publishing", "admin"],
  },
  {
    name: "marketplace_outbox_published_total",
    kind: "counter",
    unit: "short",
    labels: ["topic"],
    help: "Events brought from the outbox to Kafka.",
    services: ["publishing", "admin"],
  },
  {
    name: "marketplace_searches_total",
    kind: "counter",
    unit: "short",
    labels: ["kind"],
    help: "Searches by kind: search, autocomplete, similar, trending.",
    services: ["discovery"],
  },
  {
    name: "marketplace_cache_requests_total",
    kind: "counter",
    unit: "short",
    labels: ["result"],
    help: "Look-ups in the cache: hit, miss, or error where Redis did not answer.",
    services: ["discovery"],
  },
  {
    name: "marketplace_events_indexed_total",
    kind: "counter",
    unit: "short",
    labels: ["result"],
    help: "Listing events read: indexed, stale (an older version), invalid.",
    services: ["discovery"],
  },
  {
    name: "marketplace_index_delay_seconds",
    kind: "histogram",
    unit: "s",
    labels: [],
    help: "Time from a change of a listing to its being searchable.",
    services: ["discovery"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  },
  {
    name: "marketplace_calls_total",
    kind: "counter",
    unit: "short",
    labels: ["outcome"],
    help: "Calls of models: succeeded, provider-error, provider-timeout, aborted, refused.",
    services: ["consumption"],
  },
  {
    name: "marketplace_call_refusals_total",
    kind: "counter",
    unit: "short",
    labels: ["reason"],
    help: "Calls refused before a provider was asked: rate-limit, quota, circuit-open, host-not-approved, address-refused, key, spool-full, overload.",
    services: ["consumption"],
  },
  {
    name: "marketplace_tokens_total",
    kind: "counter",
    unit: "short",
    labels: ["direction"],
    help: "Tokens metered: input, output.",
    services: ["consumption"],
  },
  {
    name: "marketplace_revenue_usd_micros_total",
    kind: "counter",
    unit: "short",
    labels: [],
    help: "Price of the metered calls in millionths of a dollar.",
    services: ["consumption"],
  },
  {
    name: "marketplace_overhead_milliseconds",
    kind: "histogram",
    unit: "ms",
    labels: [],
    help: "The platform's own part of a call: time to first byte less the provider's time.",
    services: ["consumption"],
    buckets: overheadBuckets,
  },
  {
    name: "marketplace_provider_duration_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["outcome"],
    help: "Time that providers took to their first byte.",
    services: ["consumption"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
  },
  {
    name: "marketplace_circuits_open",
    kind: "gauge",
    unit: "short",
    labels: [],
    help: "Providers that are not called at present because they fail.",
    services: ["consumption"],
  },
  {
    name: "marketplace_spool_records",
    kind: "gauge",
    unit: "short",
    labels: [],
    help: "Metering records on the local disk, waiting for Kafka.",
    services: ["consumption"],
  },
  {
    name: "marketplace_spool_capacity_ratio",
    kind: "gauge",
    unit: "percentunit",
    labels: [],
    help: "Share of the spool's room that is taken; at 1 calls are refused rather than left unmetered.",
    services: ["consumption"],
  },
  {
    name: "marketplace_metering_published_total",
    kind: "counter",
    unit: "short",
    labels: [],
    help: "Metering records that Kafka acknowledged.",
    services: ["consumption"],
  },
  {
    name: "marketplace_metering_consumed_total",
    kind: "counter",
    unit: "short",
    labels: ["result"],
    help: "Metering records read: counted, duplicate, dead-letter.",
    services: ["admin"],
  },
  {
    name: "marketplace_reviews_total",
    kind: "counter",
    unit: "short",
    labels: ["decision"],
    help: "Decisions on listings in review: approved, rejected.",
    services: ["admin"],
  },
];

/** The metrics of one service. */
export function metricsOf(service: ServiceName): ServiceMetric[] {
  return serviceMetrics.filter((metric) => metric.services.includes(service));
}
