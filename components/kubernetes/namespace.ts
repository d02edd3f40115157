import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { labels } from "../core/labels.ts";
import {
  anywhere,
  createNetworkPolicy,
  dnsEgress,
  type EgressRule,
  type IngressRule,
  identityAgent,
  inside,
  podsIn,
  tcp,
  udp,
} from "./network-policy.ts";
import { istiod, mergedMetricsPort, namespaces } from "./places.ts";
import { kubernetesMinor } from "./versions.ts";

/** Levels of the Pod Security Standards. */
export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

/** What pods of a namespace may do beside DNS, in words; what a single workload may do is a policy of its own. */
export interface NamespaceTraffic {
  /** Pods talk to each other inside the namespace. */
  readonly internal?: boolean;
  /** Pods call the Kubernetes API (operators, controllers). */
  readonly apiServer?: boolean;
  /** Pods call HTTPS endpoints outside the cluster with their own cloud identity. */
  readonly cloud?: boolean;
  /** Pods ask name servers outside the cluster. */
  readonly publicDns?: boolean;
  /** Ports of pods that the Kubernetes API calls: admission and conversion webhooks, aggregated APIs. */
  readonly webhookPorts?: readonly number[];
  /** Ports of pods that Prometheus scrapes. */
  readonly metricsPorts?: readonly number[];
}

export interface NamespaceSpec {
  readonly context: PlatformContext;
  /** Capability that owns it, for the labels. */
  readonly component: string;
  /** Enforced, warned about and audited at the minor that the platform runs. */
  readonly podSecurity: PodSecurityLevel;
  /** Whether pods get a sidecar. */
  readonly mesh: boolean;
  /** Allowed beside DNS. Default: nothing. */
  readonly traffic?: NamespaceTraffic;
  /** `ResourceQuota.spec.hard`, for example `{ "requests.cpu": "20", pods: "100" }`. Default: none. */
  readonly quota?: Record<string, string>;
  /** Requests and limits of containers that state none, injected sidecars included. Default: none. */
  readonly containerDefaults?: {
    readonly requests: Record<string, string>;
    readonly limits: Record<string, string>;
  };
}

/**
 * A namespace under that name, with its pod security level, sidecar injection, a policy that denies all traffic in
 * both directions, DNS, and what `traffic` allows. Objects inside take `namespace.metadata.name`, which makes them
 * wait for it and go before it.
 */
export function createNamespace(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NamespaceSpec,
  opts: pulumi.CustomResourceOptions = {},
): kubernetes.core.v1.Namespace {
  const namespace = new kubernetes.core.v1.Namespace(
    `namespace-${name}`,
    { metadata: { name, labels: namespaceLabels(name, spec) } },
    { parent, ...opts },
  );
  const inside = { context: spec.context, component: spec.component, namespace: namespace.metadata.name };
  createNetworkPolicy(parent, `namespace-${name}-default-deny`, {
    ...inside,
    policyName: "default-deny",
    ingress: [],
    egress: [],
  });
  createNetworkPolicy(parent, `namespace-${name}-allow-dns`, {
    ...inside,
    policyName: "allow-dns",
    egress: [dnsEgress],
  });
  const rules = trafficRules(spec);
  if (rules.ingress.length + rules.egress.length > 0) {
    createNetworkPolicy(parent, `namespace-${name}-allow`, {
      ...inside,
      policyName: "allow-namespace-traffic",
      ...(rules.ingress.length > 0 ? { ingress: rules.ingress } : {}),
      ...(rules.egress.length > 0 ? { egress: rules.egress } : {}),
    });
  }
  buildQuota(parent, name, spec, namespace);
  buildContainerDefaults(parent, name, spec, namespace);
  return namespace;
}

function namespaceLabels(name: string, spec: NamespaceSpec): Record<string, string> {
  const version = `v${kubernetesMinor}`;
  const levels = ["enforce", "warn", "audit"].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, spec.podSecurity],
    [`pod-security.kubernetes.io/${mode}-version`, version],
  ]);
  return {
    ...labels(spec.context, spec.component, name),
    ...Object.fromEntries(levels),
    "istio-injection": spec.mesh ? "enabled" : "disabled",
  };
}

function trafficRules(spec: NamespaceSpec): { ingress: IngressRule[]; egress: EgressRule[] } {
  const { internal, apiServer, cloud, publicDns, webhookPorts = [], metricsPorts = [] } = spec.traffic ?? {};
  const ingress: IngressRule[] = [];
  const egress: EgressRule[] = [];
  if (internal) {
    ingress.push({ from: [{ podSelector: {} }] });
    egress.push({ to: [{ podSelector: {} }] });
  }
  // The API server is no pod: it has neither labels nor an address that is known before the cluster exists, and
  // policies see it behind its ClusterIP, at 443 on a managed cluster and at 6443 on a local one.
  if (apiServer) egress.push({ to: [anywhere], ports: tcp(443, 6443) });
  if (cloud) egress.push({ to: [anywhere], ports: tcp(443) }, { to: [identityAgent], ports: tcp(80) });
  if (publicDns) egress.push({ to: [anywhere], ports: [...udp(53), ...tcp(53)] });
  // The callers are the control plane's network interfaces or tunnels, inside on every cloud and again without labels.
  if (webhookPorts.length > 0) ingress.push({ from: [...inside], ports: tcp(...webhookPorts) });
  const scraped = spec.mesh ? [...metricsPorts, mergedMetricsPort] : metricsPorts;
  if (scraped.length > 0) ingress.push({ from: [podsIn(namespaces.monitoring)], ports: tcp(...scraped) });
  if (spec.mesh) {
    egress.push({ to: [podsIn(namespaces.mesh, { app: istiod.app })], ports: tcp(istiod.xdsPort) });
  }
  return { ingress, egress };
}

function buildQuota(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NamespaceSpec,
  namespace: kubernetes.core.v1.Namespace,
): void {
  if (spec.quota === undefined) return;
  new kubernetes.core.v1.ResourceQuota(
    `namespace-${name}-quota`,
    {
      metadata: {
        name: "quota",
        namespace: namespace.metadata.name,
        labels: labels(spec.context, spec.component, name),
      },
      spec: { hard: spec.quota },
    },
    { parent },
  );
}

function buildContainerDefaults(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NamespaceSpec,
  namespace: kubernetes.core.v1.Namespace,
): void {
  if (spec.containerDefaults === undefined) return;
  const { requests, limits } = spec.containerDefaults;
  new kubernetes.core.v1.LimitRange(
    `namespace-${name}-container-defaults`,
    {
      metadata: {
        name: "container-defaults",
        namespace: namespace.metadata.name,
        labels: labels(spec.context, spec.component, name),
      },
      spec: { limits: [{ type: "Container", defaultRequest: requests, default: limits }] },
    },
    { parent },
  );
}
