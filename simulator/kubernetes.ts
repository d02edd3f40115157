/**
 * Kubernetes: every kind that the project uses, listed by name. They all follow one rule, because an API server
 * computes little: a name where none was given, a uid, defaults of the namespace; kinds with more have a function
 * of their own below.
 */
import type { Simulate, SimulationRequest, SimulationTable } from "./table.ts";
import { hex, publicAddress, text, uuid } from "./values.ts";

/** Kinds of Kubernetes itself that live in a namespace. */
const namespacedKinds = [
  "apps/v1:DaemonSet",
  "apps/v1:Deployment",
  "apps/v1:StatefulSet",
  "autoscaling/v2:HorizontalPodAutoscaler",
  "batch/v1:CronJob",
  "batch/v1:Job",
  "core/v1:ConfigMap",
  "core/v1:LimitRange",
  "core/v1:PersistentVolumeClaim",
  "core/v1:ResourceQuota",
  "core/v1:Secret",
  "core/v1:ServiceAccount",
  "discovery.k8s.io/v1:EndpointSlice",
  "networking.k8s.io/v1:Ingress",
  "networking.k8s.io/v1:NetworkPolicy",
  "policy/v1:PodDisruptionBudget",
  "rbac.authorization.k8s.io/v1:Role",
  "rbac.authorization.k8s.io/v1:RoleBinding",
];

/** Kinds of Kubernetes itself that belong to the whole cluster. */
const clusterKinds = [
  "admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding",
  "apiextensions.k8s.io/v1:CustomResourceDefinition",
  "core/v1:Namespace",
  "rbac.authorization.k8s.io/v1:ClusterRole",
  "rbac.authorization.k8s.io/v1:ClusterRoleBinding",
  "scheduling.k8s.io/v1:PriorityClass",
  "storage.k8s.io/v1:StorageClass",
  "storage.k8s.io/v1:VolumeSnapshotClass",
];

/** Kinds that operators bring, in a namespace. Their definitions come with a Helm release of the stack. */
const namespacedCustomKinds = [
  "argoproj.io/v1alpha1:AnalysisTemplate",
  "argoproj.io/v1alpha1:Rollout",
  "keda.sh/v1alpha1:ScaledObject",
  "barmancloud.cnpg.io/v1:ObjectStore",
  "cert-manager.io/v1:Certificate",
  "cert-manager.io/v1:Issuer",
  "elasticsearch.k8s.elastic.co/v1:Elasticsearch",
  "external-secrets.io/v1:ExternalSecret",
  "external-secrets.io/v1:SecretStore",
  "generators.external-secrets.io/v1alpha1:Password",
  "gateway.networking.k8s.io/v1:Gateway",
  "gateway.networking.k8s.io/v1:HTTPRoute",
  "kafka.strimzi.io/v1:Kafka",
  "kafka.strimzi.io/v1:KafkaNodePool",
  "kafka.strimzi.io/v1:KafkaTopic",
  "kafka.strimzi.io/v1:KafkaUser",
  "monitoring.coreos.com/v1:PodMonitor",
  "monitoring.coreos.com/v1:PrometheusRule",
  "monitoring.coreos.com/v1:ServiceMonitor",
  "monitoring.coreos.com/v1alpha1:AlertmanagerConfig",
  "networking.istio.io/v1:DestinationRule",
  "networking.istio.io/v1:Gateway",
  "networking.istio.io/v1:ServiceEntry",
  "networking.istio.io/v1:Sidecar",
  "networking.istio.io/v1:VirtualService",
  "networking.istio.io/v1alpha3:EnvoyFilter",
  "postgresql.cnpg.io/v1:Cluster",
  "postgresql.cnpg.io/v1:Database",
  "postgresql.cnpg.io/v1:Pooler",
  "postgresql.cnpg.io/v1:ScheduledBackup",
  "security.istio.io/v1:AuthorizationPolicy",
  "security.istio.io/v1:PeerAuthentication",
  "security.istio.io/v1:RequestAuthentication",
  "telemetry.istio.io/v1:Telemetry",
  "velero.io/v1:BackupStorageLocation",
  "velero.io/v1:Schedule",
  "velero.io/v1:VolumeSnapshotLocation",
];

/** Kinds that operators bring, for the whole cluster. */
const clusterCustomKinds = [
  "argoproj.io/v1alpha1:ClusterAnalysisTemplate",
  "cert-manager.io/v1:ClusterIssuer",
  "external-secrets.io/v1:ClusterExternalSecret",
  "external-secrets.io/v1:ClusterSecretStore",
  "snapshot.storage.k8s.io/v1:VolumeSnapshotClass",
];

/** Kinds of which an object belongs to no namespace, as `<apiVersion>:<Kind>`. */
export const clusterScopedKinds: ReadonlySet<string> = new Set([...clusterKinds, ...clusterCustomKinds]);

/** Kinds that exist only once a Helm release of the stack has brought their definition. */
export const customKinds: ReadonlySet<string> = new Set([...namespacedCustomKinds, ...clusterCustomKinds]);

function metadataOf(request: SimulationRequest): Record<string, unknown> {
  const given = request.inputs.metadata;
  return given !== null && typeof given === "object" ? { ...given } : {};
}

/** What the API server adds to any object. */
function object(request: SimulationRequest, namespaced: boolean, status?: Record<string, unknown>) {
  const metadata = metadataOf(request);
  const name = typeof metadata.name === "string" ? metadata.name : `${request.name}-${hex(request.urn, 8)}`;
  const namespace = namespaced
    ? typeof metadata.namespace === "string"
      ? metadata.namespace
      : "default"
    : undefined;
  return {
    id: namespace === undefined ? name : `${namespace}/${name}`,
    outputs: {
      metadata: {
        ...metadata,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        uid: uuid(request.urn),
        generation: 1,
        resourceVersion: "1",
      },
      ...(status === undefined ? {} : { status }),
    },
  };
}

const namespaced: Simulate = (request) => object(request, true);
const clusterWide: Simulate = (request) => object(request, false);

/** A Service gets a cluster address, and one of type LoadBalancer a host name as well. */
const service: Simulate = (request) => {
  const spec = (request.inputs.spec ?? {}) as Record<string, unknown>;
  const balanced = spec.type === "LoadBalancer";
  const address = `172.20.${Number.parseInt(hex(request.urn, 2), 16)}.${Number.parseInt(hex(request.urn, 4).slice(2), 16)}`;
  const simulated = object(request, true, {
    loadBalancer: balanced
      ? { ingress: [{ hostname: `${hex(request.urn, 32)}.elb.example`, ip: publicAddress(request.urn) }] }
      : {},
  });
  return {
    ...simulated,
    outputs: {
      ...simulated.outputs,
      spec: {
        ...spec,
        clusterIP: spec.clusterIP === "None" ? "None" : address,
        type: spec.type ?? "ClusterIP",
      },
    },
  };
};

/** A Helm release: its name is the program's or the logical name with a suffix; its status is `deployed`. */
const release: Simulate = (request) => {
  const name = text(request, "name", `${request.name}-${hex(request.urn, 8)}`);
  const namespace = text(request, "namespace", "default");
  return {
    id: `${namespace}/${name}`,
    outputs: {
      name,
      namespace,
      status: {
        appVersion: "",
        chart: text(request, "chart", ""),
        name,
        namespace,
        revision: 1,
        status: "deployed",
        version: text(request, "version", ""),
      },
    },
  };
};

export const kubernetes: SimulationTable = {
  ...Object.fromEntries(
    [...namespacedKinds, ...namespacedCustomKinds].map((kind) => [`kubernetes:${kind}`, namespaced]),
  ),
  ...Object.fromEntries(
    [...clusterKinds, ...clusterCustomKinds].map((kind) => [`kubernetes:${kind}`, clusterWide]),
  ),
  "kubernetes:core/v1:Service": service,
  "kubernetes:helm.sh/v3:Release": release,
};
