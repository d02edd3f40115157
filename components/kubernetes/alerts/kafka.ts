import { alert, ladderAlerts, type RuleGroup } from "./rule.ts";
import type { MetricSources } from "./sources.ts";
import { thresholds } from "./thresholds.ts";

/** Recorded series of Kafka. */
export const kafkaSeries = {
  /** By `consumergroup` and `topic`. */
  lag: "kafka:consumer_lag:sum",
  /** Records a second, by `topic`. */
  produced: "kafka:produced:rate5m",
  /** Records a second, by `consumergroup` and `topic`. */
  consumed: "kafka:consumed:rate5m",
} as const;

const dashboard = "message-queue" as const;

export function kafkaGroups({ kafka }: MetricSources): RuleGroup[] {
  if (kafka === "none") return [];
  return [
    {
      name: "kafka",
      rules: [
        // A group without commits has a lag of -1.
        {
          record: kafkaSeries.lag,
          expr: "sum by (consumergroup, topic) (clamp_min(kafka_consumergroup_lag, 0))",
        },
        {
          record: kafkaSeries.produced,
          expr: "sum by (topic) (rate(kafka_topic_partition_current_offset[5m]))",
        },
        {
          record: kafkaSeries.consumed,
          expr: "sum by (consumergroup, topic) (rate(kafka_consumergroup_current_offset[5m]))",
        },
        ...ladderAlerts({
          alert: "KafkaConsumerLag",
          measure: kafkaSeries.lag,
          ladder: thresholds.consumerLag,
          for: { critical: "10m", warning: "10m" },
          dashboard,
          summary:
            "{{ $labels.consumergroup }} is {{ $value | humanize }} records behind on {{ $labels.topic }}",
          description:
            "Consumers take less than producers write; records older than the retention would be lost.",
        }),
        alert({
          alert: "KafkaBrokersMissing",
          severity: "critical",
          expr: "max(kafka_brokers) < max(max_over_time(kafka_brokers[1d]))",
          for: "5m",
          labels: { dependency: "kafka" },
          dashboard,
          summary: "Kafka has {{ $value }} brokers, fewer than in the last day",
          description: "With two of three brokers writes go on; one more lost and they stop.",
        }),
        alert({
          alert: "KafkaUnderReplicated",
          severity: "warning",
          expr: "sum by (topic) (kafka_topic_partition_under_replicated_partition) > 0",
          for: "15m",
          dashboard,
          summary: "{{ $value }} partitions of {{ $labels.topic }} lack a copy",
          description: "A broker is away or cannot follow.",
        }),
        alert({
          alert: "KafkaWritesRefused",
          severity: "critical",
          // Two copies of three, or the only one, must have a record before it is acknowledged.
          expr: "sum by (topic) (kafka_topic_partition_in_sync_replica < bool clamp_min(kafka_topic_partition_replicas - 1, 1)) > 0",
          for: "2m",
          labels: { dependency: "kafka" },
          dashboard,
          summary: "{{ $value }} partitions of {{ $labels.topic }} take no writes",
          description: "Too few copies are in sync; outboxes and the metering spool fill until they are.",
        }),
      ],
    },
  ];
}
