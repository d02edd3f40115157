import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { Secrets } from "../secrets.ts";
import { createCustomResource } from "./custom-resource.ts";
import { type MonitoringPlace, observabilityComponent } from "./monitoring.ts";
import { secretStoreName } from "./places.ts";

/** Kubernetes secret with the key `alertmanager.yaml`. */
export const alertmanagerConfigSecret = "alertmanager-config";

/** Text that External Secrets leaves as it is: Alertmanager has Go templates of its own. */
function verbatim(text: string): string {
  return `{{\`${text}\`}}`;
}

const title = verbatim("[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }} ({{ .Alerts | len }})");
const text = verbatim(
  "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\nRunbook: {{ .Annotations.runbook_url }}\n{{ with .Annotations.dashboard_url }}Dashboard: {{ . }}\n{{ end }}{{ end }}",
);

/** Labels that name what an alert is about; where an alert has none of them, all that it has are equal. */
const subject = [
  "alertname",
  "namespace",
  "service",
  "objective",
  "dependency",
  "consumergroup",
  "topic",
  "member",
  "pod",
  "name",
  "schedule",
];

/**
 * Who is told of what. Critical alerts page, warnings go to the channel, the rest is only shown. What follows from
 * something worse is silent while that fires: a warning under the critical alert of the same name and subject, the
 * symptoms of a service that is down, the services that miss a store which is down itself, a node that has gone.
 */
const config = {
  global: { resolve_timeout: "5m" },
  route: {
    receiver: "nobody",
    group_by: ["alertname", "namespace", "service"],
    group_wait: "30s",
    group_interval: "5m",
    repeat_interval: "4h",
    routes: [
      // Always firing, to show that alerts flow; and one that only inhibits others.
      { matchers: ['alertname =~ "Watchdog|InfoInhibitor"'], receiver: "nobody" },
      {
        matchers: ['severity = "critical"'],
        receiver: "pagerduty",
        group_wait: "10s",
        repeat_interval: "1h",
      },
      { matchers: ['severity = "warning"'], receiver: "slack" },
    ],
  },
  inhibit_rules: [
    {
      source_matchers: ['severity = "critical"'],
      target_matchers: ['severity =~ "warning|info"'],
      equal: subject,
    },
    {
      source_matchers: ['severity = "warning"'],
      target_matchers: ['severity = "info"'],
      equal: subject,
    },
    {
      source_matchers: ['alertname = "ServiceDown"'],
      target_matchers: [
        'alertname =~ "ServiceErrorRate|ServiceLatency|ServiceErrorBudgetBurn|ServiceDependencyDown"',
      ],
      equal: ["service"],
    },
    {
      source_matchers: ['severity = "critical"', 'dependency != ""', 'service = ""'],
      target_matchers: ['alertname = "ServiceDependencyDown"'],
      equal: ["dependency"],
    },
    {
      source_matchers: ['alertname = "KubeNodeNotReady"'],
      target_matchers: ['alertname =~ "NodeMemory|NodeDisk"'],
      equal: ["node"],
    },
  ],
  receivers: [
    { name: "nobody" },
    {
      name: "pagerduty",
      pagerduty_configs: [
        {
          routing_key: "{{ .pagerduty }}",
          severity: verbatim("{{ .CommonLabels.severity }}"),
          description: title,
          details: { summary: text },
          send_resolved: true,
        },
      ],
    },
    { name: "slack", slack_configs: [{ api_url: "{{ .slack }}", title, text, send_resolved: true }] },
  ],
};

/** Alertmanager's configuration as External Secrets' template, with the two keys left open. */
export const alertmanagerTemplate: string = stringify(config, { lineWidth: 0 });

/**
 * Alertmanager's configuration, put together in the cluster, since it holds PagerDuty's and Slack's keys. Until
 * people have filled both in the cloud's secret store the secret does not exist, and Alertmanager runs with a
 * configuration that tells nobody.
 */
export function createAlertmanagerConfig(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace }: MonitoringPlace,
  secrets: Secrets,
): pulumi.Resource {
  const { pagerduty, slack } = secrets.platform;
  return createCustomResource(
    parent,
    `${name}-alertmanager-config`,
    {
      context,
      component: observabilityComponent,
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      objectName: alertmanagerConfigSecret,
      namespace,
      spec: {
        refreshInterval: "1h",
        secretStoreRef: { kind: "ClusterSecretStore", name: secretStoreName },
        target: {
          name: alertmanagerConfigSecret,
          creationPolicy: "Owner",
          template: { engineVersion: "v2", data: { "alertmanager.yaml": alertmanagerTemplate } },
        },
        data: [
          { secretKey: "pagerduty", remoteRef: { key: pagerduty.remoteKey, property: "routing-key" } },
          { secretKey: "slack", remoteRef: { key: slack.remoteKey, property: "webhook-url" } },
        ],
      },
    },
    { dependsOn: [...secrets.ready] },
  );
}
