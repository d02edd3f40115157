import type * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings } from "../../config/settings-types.ts";
import { selector } from "../core/labels.ts";
import { alert, type RuleGroup } from "./alerts/rule.ts";
import { aboutService, callsTo, ownSeries, serviceGroups } from "./alerts/service.ts";
import { workGroups } from "./alerts/service-work.ts";
import { createCustomResource } from "./custom-resource.ts";
import { monitoringLabels } from "./places.ts";
import { type ServicePart, serviceComponent } from "./service-names.ts";
import { latencyIndicator } from "./service-objectives.ts";
import { scrapeLabel } from "./workload.ts";

export interface MonitoringSpec extends ServicePart {
  /** The definitions of the Prometheus operator. */
  readonly ready: readonly pulumi.Resource[];
}

/** What Prometheus reads of a service, and when it tells somebody: of its state, of its work, of its error budget. */
export function createServiceMonitoring(
  parent: pulumi.ComponentResource,
  name: string,
  { context, service, namespace, ready }: MonitoringSpec,
): void {
  const place = {
    context,
    component: serviceComponent,
    namespace,
    objectName: service.name,
    labels: monitoringLabels,
    apiVersion: "monitoring.coreos.com/v1",
  };
  const opts = { dependsOn: [...ready] };
  createCustomResource(
    parent,
    `${name}-monitor`,
    {
      ...place,
      kind: "ServiceMonitor",
      spec: {
        // The job is the service's name, and each sample says which version it came from.
        jobLabel: "app.kubernetes.io/name",
        podTargetLabels: ["rollouts-pod-template-hash"],
        selector: { matchLabels: { ...selector(service.name), ...scrapeLabel } },
        endpoints: [{ port: "metrics", path: "/stats/prometheus", interval: "15s" }],
      },
    },
    opts,
  );
  createCustomResource(
    parent,
    `${name}-objectives`,
    {
      ...place,
      kind: "PrometheusRule",
      spec: { groups: [...objectiveGroups(service), ...serviceGroups(service), ...workGroups(service)] },
    },
    opts,
  );
}

/** Windows over which error shares are recorded. */
export const windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const;
type Window = (typeof windows)[number];

interface BurnAlert {
  readonly factor: number;
  readonly long: Window;
  readonly short: Window;
  readonly severity: "critical" | "warning";
}

/**
 * Multi-window, multi-burn-rate alerts of the SRE workbook, chapter 5, table 5-8: 2 % of a 30-day budget in an hour,
 * 5 % in six, 10 % in one day or in three. The short window ends the alert soon after the cause has ended.
 */
export const burnAlerts: readonly BurnAlert[] = [
  { factor: 14.4, long: "1h", short: "5m", severity: "critical" },
  { factor: 6, long: "6h", short: "30m", severity: "critical" },
  { factor: 3, long: "1d", short: "2h", severity: "warning" },
  { factor: 1, long: "3d", short: "6h", severity: "warning" },
];

interface Indicator {
  readonly name: "availability" | "latency";
  /** Share of bad events over a window. */
  readonly ratio: (window: Window) => string;
  /** Share of bad events that the objective allows. */
  readonly budget: number;
  readonly summary: string;
}

/** A p95 goal allows one request in twenty to be slower. */
const latencyBudget = 0.05;

export function objectiveGroups(service: ServiceSettings): RuleGroup[] {
  return indicators(service).flatMap((indicator) => [
    { name: `${service.name}-${indicator.name}-records`, rules: records(service, indicator) },
    { name: `${service.name}-${indicator.name}-alerts`, rules: alerts(service, indicator) },
  ]);
}

function indicators(service: ServiceSettings): Indicator[] {
  const { objective } = service;
  return [
    {
      name: "availability",
      ratio: (window) => errorRatio(service.name, window),
      budget: Number(((100 - objective.availabilityPercent) / 100).toFixed(6)),
      summary: `its objective of ${objective.availabilityPercent} % answered requests`,
    },
    {
      name: "latency",
      ratio: (window) => slowRatio(service, window),
      budget: latencyBudget,
      summary: `its objective of 95 % within ${objective.latencyP95Millis} ms`,
    },
  ];
}

/** As callers see it, the gateway among them: requests that never reached a pod count as errors too. */
function errorRatio(service: string, window: Window): string {
  const calls = callsTo(service);
  return (
    `(sum(rate(istio_requests_total{${calls},response_code=~"5.."}[${window}])) or on() vector(0)) / ` +
    `sum(rate(istio_requests_total{${calls}}[${window}]))`
  );
}

function slowRatio(service: ServiceSettings, window: Window): string {
  const { objective } = service;
  const { histogram, matchers } = latencyIndicator(objective);
  const series = [ownSeries(service), ...(matchers ? [matchers] : [])];
  const bucket = (boundary: string) =>
    `sum(rate(${histogram}{${[...series, `le=~"${boundary}"`].join(",")}}[${window}]))`;
  // Prometheus 3 writes whole boundaries as 300.0, older ones as 300.
  return `1 - ${bucket(`${objective.latencyP95Millis}(\\\\.0)?`)} / ${bucket("\\\\+Inf")}`;
}

function recordName(indicator: Indicator, window: Window): string {
  return `service:${indicator.name}_errors:ratio_rate${window}`;
}

function records(service: ServiceSettings, indicator: Indicator): RuleGroup["rules"] {
  return windows.map((window) => ({
    record: recordName(indicator, window),
    labels: { service: service.name },
    expr: indicator.ratio(window),
  }));
}

function alerts(service: ServiceSettings, indicator: Indicator): RuleGroup["rules"] {
  const { labels, variables } = aboutService(service);
  return burnAlerts.map(({ factor, long, short, severity }) => {
    const limit = `(${factor} * ${indicator.budget})`;
    const over = (window: Window) => `${recordName(indicator, window)}{service="${service.name}"} > ${limit}`;
    return alert({
      alert: "ServiceErrorBudgetBurn",
      severity,
      expr: `${over(long)} and ${over(short)}`,
      labels: { ...labels, objective: indicator.name, window: long },
      variables,
      dashboard: "service-overview",
      summary: `${service.name} spends the error budget of ${indicator.summary} ${factor} times too fast`,
      description: `Over ${long} and over ${short} the share of bad requests was more than ${factor} times what the objective allows (now {{ $value | humanizePercentage }}).`,
    });
  });
}
