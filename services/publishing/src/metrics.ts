import { Counter, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

/** The service's part of `services/metrics.ts`, which a test holds equal to this: names, labels and buckets. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    requestDuration: new Histogram({
      name: "http_server_request_duration_seconds",
      help: "Time of a request from its head to the last byte of its answer.",
      labelNames: ["http_request_method", "http_route", "http_response_status_code"] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    activeRequests: new Gauge({
      name: "http_server_active_requests",
      help: "Requests in flight.",
      labelNames: ["http_request_method"] as const,
      registers,
    }),
    dependencyUp: new Gauge({
      name: "marketplace_dependency_up",
      help: "1 where the last check of a store or service that this one needs succeeded, else 0.",
      labelNames: ["dependency"] as const,
      registers,
    }),
    transitions: new Counter({
      name: "marketplace_listing_transitions_total",
      help: "Changes of a listing's status; from is none for a new one.",
      labelNames: ["from", "to"] as const,
      registers,
    }),
    outboxPending: new Gauge({
      name: "marketplace_outbox_pending",
      help: "Events that are committed and not yet in Kafka.",
      registers,
    }),
    outboxPublished: new Counter({
      name: "marketplace_outbox_published_total",
      help: "Events brought from the outbox to Kafka.",
      labelNames: ["topic"] as const,
      registers,
    }),
  };
}

/** Methods have few names; whatever else a client invents is one of them. */
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]);
export const methodLabel = (method: string) => (methods.has(method) ? method : "_OTHER");
