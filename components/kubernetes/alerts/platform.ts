import { alert, ladderAlerts, type RuleGroup } from "./rule.ts";
import { thresholds } from "./thresholds.ts";

const dashboard = "infrastructure-health" as const;

/**
 * Names that the collector's own telemetry has with and without the suffix of counters: it depends on how the chart
 * writes the reader into the configuration.
 */
export function collectorMetric(name: string): string {
  return `{__name__=~"otelcol_${name}(_total)?"}`;
}

/** Certificates, backups of the cluster, secrets, releases, logs and traces. */
export function platformGroups(): RuleGroup[] {
  return [
    {
      name: "platform",
      rules: [
        ...ladderAlerts({
          alert: "CertificateExpiry",
          measure:
            "min by (exported_namespace, name) (certmanager_certificate_expiration_timestamp_seconds) - time()",
          ladder: thresholds.certificateAge,
          for: { critical: "10m", warning: "1h" },
          dashboard,
          summary:
            "Certificate {{ $labels.name }} in {{ $labels.exported_namespace }} ends in {{ $value | humanizeDuration }}",
          description: "Its renewal fails. After its end clients refuse the server that shows it.",
        }),
        ...ladderAlerts({
          alert: "BackupAge",
          measure: 'time() - max by (schedule) (velero_backup_last_successful_timestamp{schedule!=""})',
          ladder: thresholds.backupAge,
          for: { critical: "10m", warning: "10m" },
          dashboard,
          summary:
            "The last good backup of the cluster ({{ $labels.schedule }}) is {{ $value | humanizeDuration }} old",
          description: "A restore would bring back objects and volumes of that time.",
        }),
        alert({
          alert: "ExternalSecretNotSynced",
          severity: "warning",
          expr: 'max by (exported_namespace, name) (externalsecret_status_condition{condition="Ready",status="False"}) == 1',
          for: "15m",
          dashboard,
          summary:
            "Secret {{ $labels.name }} in {{ $labels.exported_namespace }} cannot be read from the cloud's store",
          description: "Pods keep the old value; new pods that need it do not start.",
        }),
        alert({
          alert: "RolloutDegraded",
          severity: "warning",
          expr: 'max by (exported_namespace, name) (rollout_info{phase=~"Degraded|InvalidSpec"}) == 1',
          for: "5m",
          dashboard: "service-overview",
          variables: { service: "{{ $labels.name }}" },
          summary: "The release of {{ $labels.name }} was stopped",
          description: "The analysis failed or pods did not become ready; users are on the version before.",
        }),
        alert({
          alert: "LogsDropped",
          severity: "warning",
          expr: "sum by (reason) (rate(loki_write_dropped_entries_total[10m])) > 0",
          for: "15m",
          dashboard,
          summary: "Log lines are lost ({{ $labels.reason }})",
          description: "Loki does not take them, or takes them too slowly.",
        }),
        alert({
          alert: "TracesDropped",
          severity: "warning",
          expr: `sum by (exporter) (rate(${collectorMetric("exporter_send_failed_spans")}[10m])) > 0`,
          for: "15m",
          dashboard,
          summary: "Spans are lost on their way to {{ $labels.exporter }}",
          description: "The store of traces does not take them.",
        }),
      ],
    },
  ];
}
