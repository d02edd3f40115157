/** Where members of a store run: one a zone, on the memory pool where a store wants it. Plain data, no resources. */
import type { ClusterOutputs } from "../../clouds/contract.ts";
import { restrictedPod } from "../pods.ts";

/** Label of a node: which of the platform's pools it belongs to. */
export const poolLabel = "llm-marketplace.io/pool";
export const zoneLabel = "topology.kubernetes.io/zone";

/** Members lose their zone's volume when they move, so they are the last to be pushed off a node. */
export const storePriority = "stateful";

export interface Toleration {
  key: string;
  operator: "Equal";
  value: string;
  effect: "NoSchedule";
}

export interface Placement {
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
}

/** Pins pods to the memory pool of a cluster that has one; elsewhere they run on whatever nodes there are. */
export function memoryPlacement(cluster: Pick<ClusterOutputs, "pools">): Placement {
  const pool = cluster.pools.find(({ name }) => name === "memory");
  if (pool === undefined) return {};
  return {
    nodeSelector: { [poolLabel]: pool.name },
    ...(pool.taint === undefined
      ? {}
      : { tolerations: [{ ...pool.taint, operator: "Equal", effect: "NoSchedule" } as const] }),
  };
}

/**
 * Keeps three members in three zones. It is required, not preferred: two members in one zone are no quorum after
 * that zone is gone. One member has nobody to keep away from.
 */
export function zoneAntiAffinity(
  members: number,
  matchLabels: Record<string, string>,
): { affinity?: { podAntiAffinity: object } } {
  if (members === 1) return {};
  return {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels }, topologyKey: zoneLabel },
        ],
      },
    },
  };
}

/** The restricted pod security context for the user that an image's files belong to. */
export function restrictedPodAs(user: number): Record<string, unknown> {
  return { ...restrictedPod, runAsUser: user, runAsGroup: user, fsGroup: user };
}
