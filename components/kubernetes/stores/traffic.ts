/** Who may reach a store: its clients, its operator, Prometheus; and what a store may reach. Plain data. */
import {
  anywhere,
  type EgressRule,
  type IngressRule,
  identityAgent,
  type Peer,
  podsIn,
  tcp,
} from "../network-policy.ts";
import { namespaces } from "../places.ts";
import type { StoreClient } from "../stores-contract.ts";

export function clientPeers(clients: readonly StoreClient[]): Peer[] {
  return clients.map((client) => podsIn(client.namespace, { ...client.podLabels }));
}

/** Pods of the store's own namespace with the labels. */
export function neighbours(podLabels: Record<string, string>): Peer {
  return { podSelector: { matchLabels: podLabels } };
}

/** An absent rule, instead of one that lets everybody in: an empty `from` means anywhere. */
export function fromPeers(peers: readonly Peer[], ...ports: number[]): IngressRule[] {
  return peers.length === 0 ? [] : [{ from: [...peers], ports: tcp(...ports) }];
}

/** Prometheus reads these ports. */
export function scraped(...ports: number[]): IngressRule {
  return { from: [podsIn(namespaces.monitoring)], ports: tcp(...ports) };
}

/** The Kubernetes API: 443 on a managed cluster, 6443 on a local one; it is no pod and has no labels. */
export const apiServerEgress: EgressRule = { to: [anywhere], ports: tcp(443, 6443) };

/** An object store: the cloud's over HTTPS with the pod's own identity, or one of the cluster's namespaces. */
export function objectStoreEgress(endpoint: string | undefined): EgressRule[] {
  if (endpoint === undefined) {
    return [
      { to: [anywhere], ports: tcp(443) },
      { to: [identityAgent], ports: tcp(80) },
    ];
  }
  const { hostname, port, protocol } = new URL(endpoint);
  const [, namespace, kind] = hostname.split(".");
  // A policy sees the pod's port behind a Service, which the endpoint does not tell.
  if (kind === "svc" && namespace !== undefined) return [{ to: [podsIn(namespace)] }];
  const usual = protocol === "http:" ? 80 : 443;
  return [{ to: [anywhere], ports: tcp(port === "" ? usual : Number(port)) }];
}
