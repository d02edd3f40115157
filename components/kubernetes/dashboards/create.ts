import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../../core/labels.ts";
import { type MonitoringPlace, observabilityComponent } from "../monitoring.ts";
import type { DashboardFacts } from "./dashboard.ts";
import { dashboards } from "./index.ts";

/** Label by which Grafana's sidecar finds dashboards. */
const found = { grafana_dashboard: "1" } as const;

/** A ConfigMap for each dashboard, which Grafana's sidecar reads; each is a tenth of the megabyte that etcd takes. */
export function createDashboards(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace, ...facts }: MonitoringPlace & DashboardFacts,
): void {
  for (const [dashboard, model] of Object.entries(dashboards(facts))) {
    new kubernetes.core.v1.ConfigMap(
      `${name}-dashboard-${dashboard}`,
      {
        metadata: {
          name: `dashboard-${dashboard}`,
          namespace,
          labels: { ...labels(context, observabilityComponent, `dashboard-${dashboard}`), ...found },
        },
        data: { [`${dashboard}.json`]: JSON.stringify(model) },
      },
      { parent },
    );
  }
}
