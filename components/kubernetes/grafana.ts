import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PodRequest } from "../core/footprint.ts";
import type { Secrets } from "../secrets.ts";
import { createGeneratedSecret } from "./external-secrets.ts";
import { type MonitoringPlace, mainResources, observabilityComponent, ownerLabels } from "./monitoring.ts";
import { jaeger, loki, prometheus } from "./places.ts";
import { resources, restrictedContainer } from "./pods.ts";

const adminSecret = "grafana-admin";
const dashboardSidecar: PodRequest = { cpuMillis: 10, memoryMiB: 64, memoryLimitMiB: 128 };

/** Grafana's first administrator, with a password that is generated in the cluster. */
export function createGrafanaAdmin(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace }: MonitoringPlace,
  secrets: Secrets,
): kubernetes.apiextensions.CustomResource {
  return createGeneratedSecret(
    parent,
    `${name}-grafana-admin`,
    {
      context,
      component: observabilityComponent,
      namespace,
      secretName: adminSecret,
      template: { "admin-user": "admin", "admin-password": "{{ .password }}" },
    },
    { dependsOn: [...secrets.ready] },
  );
}

/**
 * Grafana as a part of kube-prometheus-stack. It keeps nothing: data sources are here, dashboards come from
 * ConfigMaps with the label `grafana_dashboard`, so one copy that is made again at will is enough.
 */
export function grafanaValues(
  { context }: MonitoringPlace,
  alertmanagerUrl: string,
): Record<string, unknown> {
  return {
    enabled: true,
    replicas: 1,
    admin: { existingSecret: adminSecret, userKey: "admin-user", passwordKey: "admin-password" },
    podLabels: ownerLabels(context),
    resources: mainResources("grafana", context, [dashboardSidecar]),
    containerSecurityContext: restrictedContainer,
    // Its root is read-only, and it unpacks plugins and sorts large results in temporary files.
    extraEmptyDirMounts: [{ name: "tmp", mountPath: "/tmp" }],
    // None of the chart's own: what the platform shows is its own list, and what is not listed is not there.
    defaultDashboardsEnabled: false,
    forceDeployDatasources: false,
    sidecar: {
      resources: resources(dashboardSidecar),
      securityContext: restrictedContainer,
      dashboards: { enabled: true, label: "grafana_dashboard", labelValue: "1", searchNamespace: "ALL" },
      datasources: { enabled: false },
    },
    datasources: {
      "datasources.yaml": { apiVersion: 1, datasources: datasources(alertmanagerUrl) },
    },
    "grafana.ini": {
      analytics: { reporting_enabled: false, check_for_updates: false, check_for_plugin_updates: false },
      "auth.anonymous": { enabled: false },
      users: { allow_sign_up: false },
      log: { mode: "console" },
      "log.console": { format: "json" },
    },
    initChownData: { enabled: false },
    testFramework: { enabled: false },
    persistence: { enabled: false },
    serviceMonitor: { enabled: true },
  };
}

/** Where Grafana reads, with the ways from a log line to its trace and back. */
function datasources(alertmanagerUrl: string): Record<string, unknown>[] {
  return [
    {
      name: "Prometheus",
      uid: "prometheus",
      type: "prometheus",
      access: "proxy",
      url: `http://${prometheus.host}:${prometheus.port}`,
      isDefault: true,
      jsonData: {
        timeInterval: "30s",
        exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: "jaeger" }],
      },
    },
    {
      name: "Loki",
      uid: "loki",
      type: "loki",
      access: "proxy",
      url: `http://${loki.host}:${loki.port}`,
      jsonData: {
        derivedFields: [
          {
            name: "trace",
            matcherType: "label",
            matcherRegex: "trace_id",
            datasourceUid: "jaeger",
            // Grafana expands environment variables in here; the second dollar sign keeps the first.
            url: "$${__value.raw}",
          },
        ],
      },
    },
    {
      name: "Jaeger",
      uid: "jaeger",
      type: "jaeger",
      access: "proxy",
      url: `http://${jaeger.host}:${jaeger.queryPort}`,
      jsonData: {
        tracesToLogsV2: {
          datasourceUid: "loki",
          tags: [{ key: "service.name", value: "app" }],
          filterByTraceID: true,
        },
      },
    },
    {
      name: "Alertmanager",
      uid: "alertmanager",
      type: "alertmanager",
      access: "proxy",
      url: alertmanagerUrl,
      jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: false },
    },
  ];
}
