import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { anyExports } from "../alerts/service-work.ts";
import { thresholds } from "../alerts/thresholds.ts";
import { namespaces } from "../places.ts";
import { buildDashboard, type DashboardFacts, type Section } from "./dashboard.ts";
import { logsLink, tracesLink } from "./links.ts";
import type { PanelSpec } from "./panel.ts";

interface BusinessPanel {
  readonly metric: string;
  readonly panel: PanelSpec;
}

/** What the marketplace earns and does, for those who run the business and for whoever asks what an outage cost. */
export function businessMetrics({ services, sources }: DashboardFacts): Dashboard {
  const section = (title: string, panels: readonly BusinessPanel[]): Section => ({
    title,
    panels: panels.filter(({ metric }) => anyExports(services, metric)).map(({ panel }) => panel),
  });
  return buildDashboard({
    name: "business-metrics",
    description: "Calls, revenue, tokens, listings, reviews and searches.",
    variables: [],
    sections: [
      section("Calls of models", calls),
      section("Providers", providers),
      section("Listings and searches", listings),
    ],
    releases: sources.cluster === "kubernetes",
    links: [logsLink(`{namespace="${namespaces.services}",app="consumption"}`), tracesLink("consumption")],
  });
}

const calls: readonly BusinessPanel[] = [
  {
    metric: "marketplace_revenue_usd_micros_total",
    panel: {
      title: "Revenue in an hour",
      unit: "currencyUSD",
      queries: [{ expr: "sum(increase(marketplace_revenue_usd_micros_total[1h])) / 1e6", legend: "revenue" }],
    },
  },
  {
    metric: "marketplace_calls_total",
    panel: {
      title: "Calls by outcome",
      unit: "reqps",
      queries: [{ expr: "sum by (outcome) (rate(marketplace_calls_total[5m]))", legend: "{{outcome}}" }],
    },
  },
  {
    metric: "marketplace_tokens_total",
    panel: {
      title: "Tokens",
      unit: "cps",
      queries: [{ expr: "sum by (direction) (rate(marketplace_tokens_total[5m]))", legend: "{{direction}}" }],
    },
  },
  {
    metric: "marketplace_call_refusals_total",
    panel: {
      title: "Calls refused, by reason",
      unit: "reqps",
      queries: [
        { expr: "sum by (reason) (rate(marketplace_call_refusals_total[5m]))", legend: "{{reason}}" },
      ],
    },
  },
  {
    metric: "marketplace_overhead_milliseconds",
    panel: {
      title: "The platform's own part of a call, p95",
      unit: "ms",
      queries: [
        {
          expr: "histogram_quantile(0.95, sum by (le) (rate(marketplace_overhead_milliseconds_bucket[5m])))",
          legend: "p95",
        },
      ],
      ladder: thresholds.latencyP95,
    },
  },
];

const providers: readonly BusinessPanel[] = [
  {
    metric: "marketplace_calls_total",
    panel: {
      title: "Calls that fail at the provider",
      description: thresholds.providerFailures.reason,
      unit: "percentunit",
      max: 1,
      queries: [
        {
          expr: 'sum(rate(marketplace_calls_total{outcome=~"provider-error|provider-timeout"}[10m])) / sum(rate(marketplace_calls_total[10m]))',
          legend: "failed",
        },
      ],
      ladder: thresholds.providerFailures,
    },
  },
  {
    metric: "marketplace_provider_duration_seconds",
    panel: {
      title: "Time to the provider's first byte",
      unit: "s",
      queries: [0.5, 0.95].map((quantile) => ({
        expr: `histogram_quantile(${quantile}, sum by (le) (rate(marketplace_provider_duration_seconds_bucket[5m])))`,
        legend: `p${quantile * 100}`,
      })),
    },
  },
  {
    metric: "marketplace_circuits_open",
    panel: {
      title: "Providers that are not called because they fail",
      unit: "short",
      queries: [{ expr: "max(marketplace_circuits_open)", legend: "providers" }],
    },
  },
];

const listings: readonly BusinessPanel[] = [
  {
    metric: "marketplace_listing_transitions_total",
    panel: {
      title: "Listings by new status, in an hour",
      unit: "short",
      queries: [
        { expr: "sum by (to) (increase(marketplace_listing_transitions_total[1h]))", legend: "{{to}}" },
      ],
    },
  },
  {
    metric: "marketplace_reviews_total",
    panel: {
      title: "Reviews, in an hour",
      unit: "short",
      queries: [
        { expr: "sum by (decision) (increase(marketplace_reviews_total[1h]))", legend: "{{decision}}" },
      ],
    },
  },
  {
    metric: "marketplace_searches_total",
    panel: {
      title: "Searches",
      unit: "reqps",
      queries: [{ expr: "sum by (kind) (rate(marketplace_searches_total[5m]))", legend: "{{kind}}" }],
    },
  },
];
