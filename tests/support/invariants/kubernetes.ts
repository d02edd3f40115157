/** The order inside the cluster: namespaces, definitions of kinds, and nodes come before what needs them. */
import {
  allNeeds,
  isKubernetesObject,
  namespaceOf,
  objectName,
  releaseType,
} from "../../../cli/plan/graph.ts";
import { customKinds } from "../../../simulator/kubernetes.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";
import { argumentsOf, at, each, type Invariant, isProvider, label } from "./invariant.ts";

/** Namespaces that every cluster has. */
const builtIn = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);

/** Which chart brings the definitions of an API group. */
const chartOfGroup: Readonly<Record<string, string>> = {
  "argoproj.io": "argo-rollouts",
  "barmancloud.cnpg.io": "plugin-barman-cloud",
  "cert-manager.io": "cert-manager",
  "elasticsearch.k8s.elastic.co": "eck-operator",
  "external-secrets.io": "external-secrets",
  "generators.external-secrets.io": "external-secrets",
  "kafka.strimzi.io": "strimzi-kafka-operator",
  "keda.sh": "keda",
  "monitoring.coreos.com": "prometheus-operator-crds",
  "networking.istio.io": "base",
  "postgresql.cnpg.io": "cloudnative-pg",
  "security.istio.io": "base",
  "telemetry.istio.io": "base",
  "velero.io": "velero",
};

/** What brings definitions without being a chart: an add-on of EKS. */
const addonOfGroup: Readonly<Record<string, string>> = { "snapshot.storage.k8s.io": "snapshot-controller" };

function chartName(resource: RecordedResource): string {
  return (
    String(argumentsOf(resource).chart ?? "")
      .split("/")
      .at(-1) ?? ""
  );
}

export const namespaceFirst: Invariant = {
  title: "every namespaced object and release comes after its namespace",
  violations: (plan) => {
    const needs = allNeeds(plan.resources);
    const namespaces = new Map(
      plan.resources
        .filter((resource) => resource.type === "kubernetes:core/v1:Namespace")
        .map((resource) => [objectName(resource), resource.urn]),
    );
    return each(plan, (resource) => {
      const namespace = namespaceOf(resource);
      if (namespace === undefined || builtIn.has(namespace)) return undefined;
      const urn = namespaces.get(namespace);
      if (urn === undefined)
        return `${label(resource)} is in the namespace ${namespace}, which nothing creates`;
      return needs.get(resource.urn)?.has(urn)
        ? undefined
        : `${label(resource)} does not wait for its namespace ${namespace}`;
    });
  },
};

export const definitionFirst: Invariant = {
  title: "every custom resource comes after what brings the definition of its kind, and goes before it",
  violations: (plan) => {
    const needs = allNeeds(plan.resources);
    return each(plan, (resource) => {
      const [, groupVersion = "", kind = ""] = resource.type.split(":");
      if (!isKubernetesObject(resource) || !customKinds.has(`${groupVersion}:${kind}`)) return undefined;
      const group = groupVersion.split("/")[0] ?? "";
      const chart = chartOfGroup[group];
      const addon = addonOfGroup[group];
      if (chart === undefined && addon === undefined) {
        return `${label(resource)}: no chart is known to bring ${group} (tests/support/invariants/kubernetes.ts)`;
      }
      const bringers = plan.resources.filter(
        (other) =>
          (other.type === releaseType && chartName(other) === chart) ||
          (other.type === "aws:eks/addon:Addon" && other.inputs.addonName === addon && addon !== undefined),
      );
      const waits = bringers.some((bringer) => needs.get(resource.urn)?.has(bringer.urn));
      return waits
        ? undefined
        : `${label(resource)} does not wait for ${chart ?? addon}, which brings its kind`;
    });
  },
};

/** Kinds that run pods. */
const workloads =
  /^kubernetes:(apps\/v1:(DaemonSet|Deployment|StatefulSet)|batch\/v1:(Job|CronJob)|argoproj\.io\/v1alpha1:Rollout|helm\.sh\/v3:Release)$/;

/** Releases without pods of their own: they only bring definitions. */
const podless = new Set(["base"]);

const isNodes = (resource: RecordedResource) =>
  /^(aws:eks\/nodeGroup:NodeGroup|eks:index:ManagedNodeGroup)$/.test(resource.type);

export const nodesFirst: Invariant = {
  title:
    "what runs pods on a cluster of the cloud comes after its nodes, so that it is destroyed before them",
  violations: (plan) => {
    const needs = allNeeds(plan.resources);
    const nodes = plan.resources.filter(isNodes);
    if (nodes.length === 0) return [];
    return each(plan, (resource) => {
      if (!workloads.test(resource.type) || podless.has(chartName(resource))) return undefined;
      const waits = nodes.some((node) => needs.get(resource.urn)?.has(node.urn));
      return waits ? undefined : `${label(resource)} does not wait for nodes`;
    });
  },
};

export const volumesFirst: Invariant = {
  title: "what claims volumes comes after the driver that makes and removes them",
  violations: (plan) => {
    const needs = allNeeds(plan.resources);
    const drivers = plan.resources.filter(
      (resource) =>
        resource.type === "aws:eks/addon:Addon" && resource.inputs.addonName === "aws-ebs-csi-driver",
    );
    if (drivers.length === 0) return [];
    const claiming =
      /^kubernetes:(core\/v1:PersistentVolumeClaim|elasticsearch\.k8s\.elastic\.co\/v1:Elasticsearch|kafka\.strimzi\.io\/v1:Kafka(NodePool)?|postgresql\.cnpg\.io\/v1:Cluster)$/;
    return each(plan, (resource, args) => {
      const claims = claiming.test(resource.type) || at(args, "spec.volumeClaimTemplates") !== undefined;
      if (!claims || !resource.type.startsWith("kubernetes:")) return undefined;
      const waits = drivers.some((driver) => needs.get(resource.urn)?.has(driver.urn));
      return waits ? undefined : `${label(resource)} does not wait for the volume driver`;
    });
  },
};

export const identityFirst: Invariant = {
  title: "a workload with a cloud identity comes after the binding of its service account",
  violations: (plan) => {
    const needs = allNeeds(plan.resources);
    const bindings = plan.resources.filter(
      (resource) => resource.type === "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    );
    return bindings.flatMap((binding) => {
      const { namespace, serviceAccount } = argumentsOf(binding);
      return plan.resources
        .filter((resource) => {
          const args = argumentsOf(resource);
          const uses =
            at(args, "spec.template.spec.serviceAccountName") ??
            at(args, "spec.jobTemplate.spec.template.spec.serviceAccountName");
          return !isProvider(resource) && uses === serviceAccount && namespaceOf(resource) === namespace;
        })
        .filter((resource) => !needs.get(resource.urn)?.has(binding.urn))
        .map((resource) => `${label(resource)} does not wait for its identity ${binding.name}`);
    });
  },
};

/**
 * Pulumi holds a Service back until a pod answers behind it. Pods come later in the graph than their Service, some
 * only after people have pushed an image or filled a secret: what waits for such a Service waits for itself.
 */
export const servicesNotAwaited: Invariant = {
  title: "no Service waits for its pods",
  violations: (plan) =>
    each(plan, (resource, args) => {
      if (resource.type !== "kubernetes:core/v1:Service" || at(args, "spec.selector") === undefined)
        return undefined;
      const annotations = at(args, "metadata.annotations") as Record<string, unknown> | undefined;
      return annotations?.["pulumi.com/skipAwait"] === "true"
        ? undefined
        : `${label(resource)} waits for its pods`;
    }),
};
