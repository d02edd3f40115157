import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { labels, selector } from "../core/labels.ts";

export type Peer = kubernetes.types.input.networking.v1.NetworkPolicyPeer;
export type Port = kubernetes.types.input.networking.v1.NetworkPolicyPort;
export type IngressRule = kubernetes.types.input.networking.v1.NetworkPolicyIngressRule;
export type EgressRule = kubernetes.types.input.networking.v1.NetworkPolicyEgressRule;

export interface NetworkPolicySpec {
  readonly context: PlatformContext;
  readonly component: string;
  /** Name of the object, unique in its namespace. */
  readonly policyName: string;
  readonly namespace: pulumi.Input<string>;
  /** Labels of the pods it is for. Default: every pod of the namespace. */
  readonly podLabels?: Record<string, string>;
  readonly ingress?: readonly IngressRule[];
  readonly egress?: readonly EgressRule[];
}

/** A policy that allows what its rules say; an empty list denies that direction, an absent one leaves it alone. */
export function createNetworkPolicy(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkPolicySpec,
  opts: pulumi.CustomResourceOptions = {},
): kubernetes.networking.v1.NetworkPolicy {
  const policyTypes = [
    ...(spec.ingress === undefined ? [] : ["Ingress"]),
    ...(spec.egress === undefined ? [] : ["Egress"]),
  ];
  return new kubernetes.networking.v1.NetworkPolicy(
    name,
    {
      metadata: {
        name: spec.policyName,
        namespace: spec.namespace,
        labels: labels(spec.context, spec.component, spec.policyName),
      },
      spec: {
        podSelector: spec.podLabels === undefined ? {} : { matchLabels: spec.podLabels },
        policyTypes,
        ...(spec.ingress === undefined ? {} : { ingress: [...spec.ingress] }),
        ...(spec.egress === undefined ? {} : { egress: [...spec.egress] }),
      },
    },
    { parent, ...opts },
  );
}

/** Every pod of a namespace, or those with the labels. */
export function podsIn(namespace: string, podLabels?: Record<string, string>): Peer {
  const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": namespace } };
  return podLabels === undefined
    ? { namespaceSelector }
    : { namespaceSelector, podSelector: { matchLabels: podLabels } };
}

/** Pods of one workload in a namespace. */
export function workloadIn(namespace: string, workload: string): Peer {
  return podsIn(namespace, selector(workload));
}

export function tcp(...ports: number[]): Port[] {
  return ports.map((port) => ({ protocol: "TCP", port }));
}

export function udp(...ports: number[]): Port[] {
  return ports.map((port) => ({ protocol: "UDP", port }));
}

/** Addresses by range. */
export function range(cidr: string, except: readonly string[] = []): Peer {
  return { ipBlock: except.length === 0 ? { cidr } : { cidr, except: [...except] } };
}

/** Link-local addresses: instance metadata and the node's agents. Nothing but the identity agent is ever allowed. */
export const linkLocal = "169.254.0.0/16";
/** EKS Pod Identity's agent on the node, which hands out a pod's cloud credentials. */
export const identityAgent = range("169.254.170.23/32");
/** Every address except link-local ones. */
export const anywhere = range("0.0.0.0/0", [linkLocal]);

/** Private and shared address ranges: networks of clouds and of laptops, link-local addresses aside. */
export const insideRanges = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"] as const;
/** Every address in them: nodes, control planes, pods. */
export const inside: readonly Peer[] = insideRanges.map((cidr) => range(cidr));

/** DNS of the cluster. */
export const dnsEgress: EgressRule = {
  to: [podsIn("kube-system", { "k8s-app": "kube-dns" })],
  ports: [...udp(53), ...tcp(53)],
};
