import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { type RateLimits, shareOfOne } from "../core/rate-limits.ts";
import { createCustomResource } from "./custom-resource.ts";
import type { Istio } from "./istio.ts";

export interface RateLimitsSpec {
  readonly context: PlatformContext;
  readonly istio: Istio;
  /** `metadata.name` of the gateway's namespace. */
  readonly namespace: pulumi.Output<string>;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly limits: RateLimits;
  /** The most copies of the gateway: each lets its share of the total through. */
  readonly maximumReplicas: number;
}

/** Client addresses that a copy of the gateway counts at once; the one that was quiet longest goes first. */
const countedClients = 10_000;
const everyRequest = { default_value: { numerator: 100, denominator: "HUNDRED" } };

/**
 * Envoy's own rate limit in the gateway, in total and per client address; beyond it is 429 with Retry-After. Istio has
 * no object for it, so it is an EnvoyFilter (ADR 29). It comes first, before anything costs time.
 */
export function createRateLimits(
  parent: pulumi.ComponentResource,
  name: string,
  { context, istio, namespace, podLabels, limits, maximumReplicas }: RateLimitsSpec,
): void {
  createCustomResource(
    parent,
    `${name}-rate-limits`,
    {
      context,
      component: "mesh",
      apiVersion: "networking.istio.io/v1alpha3",
      kind: "EnvoyFilter",
      objectName: "rate-limits",
      namespace,
      spec: {
        workloadSelector: { labels: podLabels },
        configPatches: [
          {
            applyTo: "HTTP_FILTER",
            match: {
              context: "GATEWAY",
              listener: {
                filterChain: { filter: { name: "envoy.filters.network.http_connection_manager" } },
              },
            },
            patch: {
              operation: "INSERT_FIRST",
              value: {
                name: "envoy.filters.http.local_ratelimit",
                typed_config: localRateLimit(
                  shareOfOne(limits, maximumReplicas),
                  limits.requestsPerSecondPerClient,
                ),
              },
            },
          },
        ],
      },
    },
    { dependsOn: [...istio.ready] },
  );
}

function localRateLimit(total: number, perClient: number): Record<string, unknown> {
  return {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
    stat_prefix: "gateway",
    filter_enabled: everyRequest,
    filter_enforced: everyRequest,
    token_bucket: bucket(total),
    // An entry without a value is a bucket for each value that comes: one for each address.
    rate_limits: [{ actions: [{ remote_address: {} }] }],
    descriptors: [{ entries: [{ key: "remote_address" }], token_bucket: bucket(perClient) }],
    max_dynamic_descriptors: countedClients,
    response_headers_to_add: [
      { header: { key: "retry-after", value: "1" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" },
    ],
  };
}

/** A second's worth at once, and as much again each second. */
function bucket(tokens: number): Record<string, unknown> {
  return { max_tokens: tokens, tokens_per_fill: tokens, fill_interval: "1s" };
}
