/** What a stack's plan holds for Prometheus, Alertmanager and Grafana, read from the plan's own resources. */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { parse } from "yaml";
import type { AlertingRule, RecordingRule, RuleGroup } from "../../../components/kubernetes/alerts/rule.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";
import { planOfStack } from "../../support/plans.ts";

export interface Rendered {
  readonly stack: string;
  /** `metadata.name` of each PrometheusRule → its groups. */
  readonly rules: ReadonlyMap<string, readonly RuleGroup[]>;
  readonly dashboards: ReadonlyMap<string, Dashboard>;
  /** `alertmanager.yaml` as External Secrets' template. */
  readonly alertmanagerTemplate: string;
  /** CloudWatch's metrics that the exporter is told to read: namespace → names with their statistic. */
  readonly cloudWatch: readonly {
    readonly type: string;
    readonly name: string;
    readonly statistic: string;
  }[];
  /** Names of the jobs of the services, and whether stores are inside the cluster. */
  readonly services: readonly string[];
}

export async function render(stack: string): Promise<Rendered> {
  const { resources } = await planOfStack(stack);
  const ofKind = (kind: string) => resources.filter((resource) => resource.type.endsWith(`:${kind}`));
  const rules = ofKind("PrometheusRule").map(({ inputs }) => {
    const { metadata, spec } = inputs as { metadata: { name: string }; spec: { groups: RuleGroup[] } };
    return [metadata.name, spec.groups] as const;
  });
  return {
    stack,
    rules: new Map(rules),
    dashboards: new Map(ofKind("ConfigMap").flatMap(dashboardsOf)),
    alertmanagerTemplate: templateOf(ofKind("ExternalSecret")),
    cloudWatch: cloudWatchOf(ofKind("Release")),
    services: ofKind("Rollout").map(({ inputs }) => (inputs as { metadata: { name: string } }).metadata.name),
  };
}

function dashboardsOf({ inputs }: RecordedResource): (readonly [string, Dashboard])[] {
  const { metadata, data } = inputs as {
    metadata?: { labels?: Record<string, string> };
    data?: Record<string, string>;
  };
  if (metadata?.labels?.grafana_dashboard !== "1" || data === undefined) return [];
  return Object.entries(data).map(([file, text]) => [file.replace(/\.json$/, ""), JSON.parse(text)] as const);
}

function templateOf(secrets: readonly RecordedResource[]): string {
  for (const { inputs } of secrets) {
    const { spec } = inputs as { spec: { target: { template?: { data?: Record<string, string> } } } };
    const text = spec.target.template?.data?.["alertmanager.yaml"];
    if (text !== undefined) return text;
  }
  throw new Error("the plan has no ExternalSecret with alertmanager.yaml");
}

function cloudWatchOf(releases: readonly RecordedResource[]): Rendered["cloudWatch"] {
  for (const { inputs } of releases) {
    const { name, values } = inputs as { name: string; values: { config?: string } };
    if (name !== "cloudwatch-exporter" || values.config === undefined) continue;
    const { discovery } = parse(values.config) as {
      discovery: { jobs: { type: string; metrics: { name: string; statistics: string[] }[] }[] };
    };
    return discovery.jobs.flatMap(({ type, metrics }) =>
      metrics.flatMap((metric) =>
        metric.statistics.map((statistic) => ({ type, name: metric.name, statistic })),
      ),
    );
  }
  return [];
}

export function isAlert(rule: AlertingRule | RecordingRule): rule is AlertingRule {
  return "alert" in rule;
}

/** The alerts of groups, in their order. */
export function alertsOf(groups: readonly RuleGroup[]): AlertingRule[] {
  return groups.flatMap(({ rules }) => rules.filter(isAlert));
}
