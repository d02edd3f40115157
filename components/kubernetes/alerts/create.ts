import type * as pulumi from "@pulumi/pulumi";
import { createCustomResource } from "../custom-resource.ts";
import { type MonitoringPlace, observabilityComponent } from "../monitoring.ts";
import { monitoringLabels } from "../places.ts";
import { platformRules } from "./index.ts";
import type { MetricSources } from "./sources.ts";

/** A PrometheusRule for each capability of the platform that this stack exports metrics of. */
export function createPlatformRules(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace, ready, sources }: MonitoringPlace & { readonly sources: MetricSources },
): void {
  for (const [capability, groups] of Object.entries(platformRules(sources))) {
    if (groups.length === 0) continue;
    createCustomResource(
      parent,
      `${name}-rules-${capability}`,
      {
        context,
        component: observabilityComponent,
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        objectName: `platform-${capability}`,
        namespace,
        labels: monitoringLabels,
        spec: { groups },
      },
      { dependsOn: [...ready] },
    );
  }
}
