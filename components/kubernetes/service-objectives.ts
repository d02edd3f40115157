import type { ServiceObjective } from "../../services/catalog.ts";

/** What routes derive from an objective. */
export interface CallPolicy {
  /** Longest time of a call, retries included. */
  readonly timeoutMillis: number;
  readonly retryAttempts: number;
  /** Longest time of one attempt; undefined where only the whole is bounded. */
  readonly perTryTimeoutMillis: number | undefined;
  /** Errors in a row after which a pod is left out. */
  readonly consecutiveErrors: number;
}

/** A call may take ten times its p95: beyond that the caller is gone, and waiting holds its resources. */
const timeoutFactor = 10;
const retryAttempts = 2;
/** A streamed answer of a model may take minutes, and that time is the provider's, not ours. */
const streamTimeoutMillis = 300_000;

/**
 * Timeouts, retries and ejection of a service, from its objective. Retries happen only where the request cannot have
 * been processed (no connection, refused stream), so they are safe for writes as well. A pod is left out after one
 * error in a row per 0.01 % of error budget (99.95 % → 5), at least 3: a service with less budget loses patience sooner.
 */
export function callPolicy(objective: ServiceObjective): CallPolicy {
  const consecutiveErrors = Math.max(3, Math.round((100 - objective.availabilityPercent) * 100));
  if (objective.latencyOf === "overhead") {
    return {
      timeoutMillis: streamTimeoutMillis,
      retryAttempts,
      perTryTimeoutMillis: undefined,
      consecutiveErrors,
    };
  }
  const timeoutMillis = objective.latencyP95Millis * timeoutFactor;
  return {
    timeoutMillis,
    retryAttempts,
    perTryTimeoutMillis: Math.floor(timeoutMillis / (retryAttempts + 1)),
    consecutiveErrors,
  };
}

/** Where the latency of an objective is read. */
export interface LatencyIndicator {
  /** Buckets of a histogram in milliseconds, with a boundary at the objective. */
  readonly histogram: string;
  /** Further label matchers. */
  readonly matchers: string;
}

/** Histogram that a service exports for the platform's own part of a call: time to first byte less the provider's time. */
export const overheadHistogram = "marketplace_overhead_milliseconds";

/** Whole requests are timed by the service's sidecar, the platform's own part only by the service itself. */
export function latencyIndicator({ latencyOf }: ServiceObjective): LatencyIndicator {
  return latencyOf === "overhead"
    ? { histogram: `${overheadHistogram}_bucket`, matchers: "" }
    : { histogram: "istio_request_duration_milliseconds_bucket", matchers: 'reporter="destination"' };
}

/**
 * Bucket boundaries in milliseconds for sidecars: Istio's own have none at 150, 300 and 400, so a ratio of requests
 * within those objectives could not be read from them.
 */
export function latencyBuckets(objective: ServiceObjective): number[] {
  const usual = [5, 10, 25, 50, 100, 200, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000];
  return [...new Set([...usual, objective.latencyP95Millis])].sort((a, b) => a - b);
}
