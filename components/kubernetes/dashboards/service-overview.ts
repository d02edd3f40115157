import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { nodeSeries } from "../alerts/nodes.ts";
import { serviceSeries } from "../alerts/service.ts";
import { thresholds } from "../alerts/thresholds.ts";
import { namespaces } from "../places.ts";
import { buildDashboard, type DashboardFacts, type Section, serviceVariable } from "./dashboard.ts";
import { logsLink, tracesLink, variable } from "./links.ts";
import { type PanelSpec, reachedPanel } from "./panel.ts";

const services = `namespace="${namespaces.services}"`;
const chosen = 'service=~"$service"';
const own = `${services},job=~"$service"`;

/** What users get: requests, errors, latency, error budget; then the pods, stores and releases behind it. */
export function serviceOverview(facts: DashboardFacts): Dashboard {
  const cluster = facts.sources.cluster === "kubernetes";
  return buildDashboard({
    name: "service-overview",
    description:
      "Do the services answer, how fast, and how much error budget is left? The first page of a call.",
    variables: [serviceVariable],
    sections: [users(facts), requests(cluster), pods(cluster)],
    releases: cluster,
    links: [
      logsLink(`{${services},app=~"${variable("service:pipe")}"}`),
      tracesLink(variable("service:raw")),
    ],
  });
}

function users({ services: all }: DashboardFacts): Section {
  return {
    title: "Users",
    panels: [
      {
        title: "Requests",
        description: "As callers count them, the gateway among them.",
        unit: "reqps",
        queries: [{ expr: `${serviceSeries.requests}{${chosen}}`, legend: "{{service}}" }],
      },
      {
        title: "Error rate",
        description: `Share of 5xx answers over five minutes; ${thresholds.errorRate.reason}.`,
        unit: "percentunit",
        queries: [{ expr: `${serviceSeries.errors}{${chosen}}`, legend: "{{service}}" }],
        ladder: thresholds.errorRate,
      },
      {
        title: "Latency p95",
        description: "Of consumption only the platform's own part, since a slow model is no outage.",
        unit: "ms",
        queries: [{ expr: `${serviceSeries.latency["0.95"]}{${chosen}}`, legend: "{{service}}" }],
        ladder: thresholds.latencyP95,
      },
      {
        title: "Error budget: speed of spending",
        description:
          "1 spends the budget of 30 days in 30 days. Pages at 14.4 over an hour and at 6 over six hours, warns at 3 over a day and 1 over three days.",
        unit: "none",
        queries: all.map(({ name, objective }) => ({
          expr: `service:availability_errors:ratio_rate1h{service="${name}"} / ${Number((1 - objective.availabilityPercent / 100).toFixed(6))}`,
          legend: name,
        })),
      },
      {
        title: "Latency p50 and p99",
        unit: "ms",
        queries: [
          { expr: `${serviceSeries.latency["0.5"]}{${chosen}}`, legend: "{{service}} p50" },
          { expr: `${serviceSeries.latency["0.99"]}{${chosen}}`, legend: "{{service}} p99" },
        ],
      },
      {
        title: "Alerts that fire",
        unit: "short",
        queries: [
          {
            expr: 'count by (alertname, severity) (ALERTS{alertstate="firing",service=~"$service"}) or vector(0)',
            legend: "{{alertname}} {{severity}}",
          },
        ],
      },
    ],
  };
}

/** Counted where requests leave, by the mesh, which sees those that no pod answered. */
const byStatus: PanelSpec = {
  title: "Answers by status",
  description: "503 where no pod answered; 0 where the caller went away before there was an answer.",
  unit: "reqps",
  queries: [
    {
      expr: `sum by (destination_service_name, response_code) (rate(istio_requests_total{reporter="source",destination_service_namespace="${namespaces.services}",destination_service_name=~"$service-service"}[$__rate_interval]))`,
      legend: "{{destination_service_name}} {{response_code}}",
    },
  ],
};

function requests(cluster: boolean): Section {
  return {
    title: "Requests",
    panels: [
      ...(cluster ? [byStatus] : []),
      {
        title: "Latency p95 by route",
        description: "Timed by the service itself; calls of models include the provider's time.",
        unit: "s",
        queries: [
          {
            expr: `histogram_quantile(0.95, sum by (le, job, http_route) (rate(http_server_request_duration_seconds_bucket{${own}}[5m])))`,
            legend: "{{job}} {{http_route}}",
          },
        ],
      },
      {
        title: "In flight",
        unit: "short",
        queries: [{ expr: `sum by (job) (http_server_active_requests{${own}})`, legend: "{{job}}" }],
      },
    ],
  };
}

const reached = reachedPanel("Stores and services that answer", own);

function pods(cluster: boolean): Section {
  return cluster
    ? { title: "Pods, stores and releases", panels: [...ofKubernetes, reached] }
    : { title: "Stores", panels: [reached] };
}

const ofKubernetes: readonly PanelSpec[] = [
  {
    title: "Replicas",
    description: "Available, and the most that the autoscaler may make.",
    unit: "short",
    queries: [
      {
        expr: `sum by (name) (rollout_info_replicas_available{exported_namespace="${namespaces.services}",name=~"$service"})`,
        legend: "{{name}}",
      },
      {
        expr: `max by (horizontalpodautoscaler) (kube_horizontalpodautoscaler_spec_max_replicas{${services},horizontalpodautoscaler=~"$service"})`,
        legend: "{{horizontalpodautoscaler}} maximum",
      },
    ],
  },
  {
    title: "CPU of the containers",
    unit: "cores",
    queries: [
      {
        expr: `sum by (container) (rate(container_cpu_usage_seconds_total{${services},container=~"$service",image!=""}[5m]))`,
        legend: "{{container}}",
      },
    ],
  },
  {
    title: "Memory of the limit",
    description: "The fullest container of each service.",
    unit: "percentunit",
    max: 1,
    queries: [
      {
        expr: `max by (container) (${nodeSeries.container}{${services},container=~"$service"})`,
        legend: "{{container}}",
      },
    ],
    ladder: thresholds.memory,
  },
  {
    title: "Releases by phase",
    unit: "short",
    queries: [
      {
        expr: `sum by (name, phase) (rollout_info{exported_namespace="${namespaces.services}",name=~"$service"}) > 0`,
        legend: "{{name}} {{phase}}",
      },
    ],
  },
  {
    title: "Restarts in an hour",
    unit: "short",
    queries: [
      {
        expr: `sum by (container) (increase(kube_pod_container_status_restarts_total{${services},container=~"$service"}[1h]))`,
        legend: "{{container}}",
      },
    ],
  },
];
