import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { kafkaSeries } from "../alerts/kafka.ts";
import { anyExports } from "../alerts/service-work.ts";
import { thresholds } from "../alerts/thresholds.ts";
import { namespaces } from "../places.ts";
import { buildDashboard, type DashboardFacts } from "./dashboard.ts";
import { logsLink, tracesLink } from "./links.ts";
import type { PanelSpec } from "./panel.ts";

/** Kafka as its exporter sees it, and what the services send and take. */
export function messageQueue({ services, sources }: DashboardFacts): Dashboard {
  return buildDashboard({
    name: "message-queue",
    description:
      "Do events arrive: Kafka's copies, consumers' lag, outboxes, the metering spool, the search index?",
    variables: [],
    sections: [
      { title: "Kafka", panels: sources.kafka === "none" ? [] : kafka },
      {
        title: "Services",
        panels: work.filter(({ metric }) => anyExports(services, metric)).map(({ panel }) => panel),
      },
    ],
    releases: sources.cluster === "kubernetes",
    links: [
      logsLink(`{namespace=~"${namespaces.messaging}|${namespaces.services}"} |~ "(?i)kafka|outbox|spool"`),
      tracesLink("admin"),
    ],
  });
}

const kafka: readonly PanelSpec[] = [
  {
    title: "Consumer lag",
    description: thresholds.consumerLag.reason,
    unit: "short",
    queries: [{ expr: kafkaSeries.lag, legend: "{{consumergroup}} on {{topic}}" }],
    ladder: thresholds.consumerLag,
  },
  {
    title: "Records written",
    unit: "cps",
    queries: [{ expr: kafkaSeries.produced, legend: "{{topic}}" }],
  },
  {
    title: "Records read",
    unit: "cps",
    queries: [{ expr: kafkaSeries.consumed, legend: "{{consumergroup}} from {{topic}}" }],
  },
  { title: "Brokers", unit: "short", queries: [{ expr: "max(kafka_brokers)", legend: "brokers" }] },
  {
    title: "Partitions that lack a copy",
    unit: "short",
    queries: [
      {
        expr: "sum by (topic) (kafka_topic_partition_under_replicated_partition)",
        legend: "{{topic}}",
      },
    ],
  },
  {
    title: "Consumers in the groups",
    unit: "short",
    queries: [{ expr: "max by (consumergroup) (kafka_consumergroup_members)", legend: "{{consumergroup}}" }],
  },
];

const work: readonly { readonly metric: string; readonly panel: PanelSpec }[] = [
  {
    metric: "marketplace_outbox_pending",
    panel: {
      title: "Events in the outboxes",
      description: thresholds.outbox.reason,
      unit: "short",
      queries: [{ expr: "max by (job) (marketplace_outbox_pending)", legend: "{{job}}" }],
      ladder: thresholds.outbox,
    },
  },
  {
    metric: "marketplace_outbox_published_total",
    panel: {
      title: "Events brought to Kafka",
      unit: "cps",
      queries: [
        {
          expr: "sum by (job, topic) (rate(marketplace_outbox_published_total[5m]))",
          legend: "{{job}} {{topic}}",
        },
      ],
    },
  },
  {
    metric: "marketplace_spool_capacity_ratio",
    panel: {
      title: "Metering spool",
      description: thresholds.spool.reason,
      unit: "percentunit",
      max: 1,
      queries: [{ expr: "max by (pod) (marketplace_spool_capacity_ratio)", legend: "{{pod}}" }],
      ladder: thresholds.spool,
    },
  },
  {
    metric: "marketplace_spool_records",
    panel: {
      title: "Records in the spools",
      unit: "short",
      queries: [{ expr: "sum(marketplace_spool_records)", legend: "records" }],
    },
  },
  {
    metric: "marketplace_metering_published_total",
    panel: {
      title: "Metering records: written",
      unit: "cps",
      queries: [{ expr: "sum(rate(marketplace_metering_published_total[5m]))", legend: "acknowledged" }],
    },
  },
  {
    metric: "marketplace_metering_consumed_total",
    panel: {
      title: "Metering records: read",
      unit: "cps",
      queries: [
        {
          expr: "sum by (result) (rate(marketplace_metering_consumed_total[5m]))",
          legend: "{{result}}",
        },
      ],
    },
  },
  {
    metric: "marketplace_events_indexed_total",
    panel: {
      title: "Listing events read by search",
      unit: "cps",
      queries: [
        { expr: "sum by (result) (rate(marketplace_events_indexed_total[5m]))", legend: "{{result}}" },
      ],
    },
  },
  {
    metric: "marketplace_index_delay_seconds",
    panel: {
      title: "Until a change is searchable, p95",
      description: thresholds.indexDelay.reason,
      unit: "s",
      queries: [
        {
          expr: "histogram_quantile(0.95, sum by (le) (rate(marketplace_index_delay_seconds_bucket[10m])))",
          legend: "p95",
        },
      ],
      ladder: thresholds.indexDelay,
    },
  },
];
