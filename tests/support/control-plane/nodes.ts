/** Nodes that kwok plays: the API server and the scheduler see them as real. */
import type { KubernetesObject } from "./client.ts";

export interface SimulatedNodeSpec {
  readonly name: string;
  readonly zone: string;
  /** What pods may ask for, after the kubelet's and the system's reserves, in Kubernetes' notation. */
  readonly allocatable: {
    readonly cpu: string;
    readonly memory: string;
    readonly pods: number;
    readonly [resource: string]: string | number;
  };
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
}

/** A Node as its kubelet would register it. */
export function simulatedNode({
  name,
  zone,
  allocatable,
  labels,
  taints,
}: SimulatedNodeSpec): KubernetesObject {
  const amounts = Object.fromEntries(Object.entries(allocatable).map(([key, value]) => [key, String(value)]));
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": zone,
        ...labels,
      },
    },
    spec: { ...(taints === undefined ? {} : { taints }) },
    status: { allocatable: amounts, capacity: amounts },
  };
}
