import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Cloud, CloudExporter, ClusterOutputs, EncryptionOutputs } from "../clouds/contract.ts";
import { type MonitoringPlace, mainResources, observabilityComponent, ownerLabels } from "./monitoring.ts";
import { createNetworkPolicy, range, tcp } from "./network-policy.ts";
import { namespaces } from "./places.ts";
import { restrictedContainer, restrictedPod } from "./pods.ts";
import { createRelease } from "./release.ts";

export interface ExportersSpec extends MonitoringPlace {
  readonly cloud: Cloud;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  /** Range of the network in which managed stores have their addresses. */
  readonly networkCidr: string;
  readonly exporters: readonly CloudExporter[];
}

const exporterLabel = "llm-marketplace.io/exporter";

/** Charts differ in where they want the security contexts. */
const podSecurity: Readonly<Record<CloudExporter["chart"], Record<string, unknown>>> = {
  "prometheus-yet-another-cloudwatch-exporter": {
    podSecurityContext: restrictedPod,
    securityContext: restrictedContainer,
  },
  "prometheus-kafka-exporter": {
    securityContext: restrictedPod,
    containerSecurityContext: restrictedContainer,
    liveness: { enabled: true },
    readiness: { enabled: true },
  },
};

/**
 * Exporters of what the cloud manages, each with its own cloud identity and no password. Stores inside the cluster
 * bring theirs.
 */
export function createExporters(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ExportersSpec,
): kubernetes.helm.v3.Release[] {
  return spec.exporters.map((exporter) => buildExporter(parent, `${name}-${exporter.name}`, spec, exporter));
}

function buildExporter(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ExportersSpec,
  exporter: CloudExporter,
): kubernetes.helm.v3.Release {
  const { context, cloud, cluster, encryption, namespace } = spec;
  const identity = cloud.identity(parent, name, {
    context,
    cluster,
    encryption,
    namespace: namespaces.monitoring,
    serviceAccount: exporter.name,
    grants: exporter.grants,
  });
  if (exporter.ports.length > 0) {
    createNetworkPolicy(parent, `${name}-egress`, {
      context,
      component: observabilityComponent,
      policyName: exporter.name,
      namespace,
      podLabels: { [exporterLabel]: exporter.name },
      egress: [{ to: [range(spec.networkCidr)], ports: tcp(...exporter.ports) }],
    });
  }
  return createRelease(
    parent,
    name,
    {
      context,
      chart: exporter.chart,
      releaseName: exporter.name,
      namespace,
      values: {
        ...exporter.values,
        ...podSecurity[exporter.chart],
        fullnameOverride: exporter.name,
        serviceAccount: {
          create: true,
          name: exporter.name,
          annotations: identity.serviceAccountAnnotations,
        },
        podLabels: { ...ownerLabels(context), [exporterLabel]: exporter.name },
        resources: mainResources(exporter.name, context),
      },
    },
    { dependsOn: [...spec.ready, ...identity.ready, ...exporter.ready] },
  );
}
