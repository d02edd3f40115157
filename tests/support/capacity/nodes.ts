/** The nodes that a plan's node groups would bring, as kubelets on EKS would register them. */
import type { Plan } from "../../../cli/plan/plan.ts";
import { allocatable, instanceTypes } from "../../../components/core/sizing.ts";
import { memoryQuantity } from "../../../components/core/units.ts";
import type { Scale } from "../../../config/capacity.ts";
import { plain } from "../../../simulator/properties.ts";
import { type KubernetesObject, simulatedNode } from "../control-plane/index.ts";

export const poolLabel = "llm-marketplace.io/pool";
export const zoneLabel = "topology.kubernetes.io/zone";
const instanceTypeLabel = "node.kubernetes.io/instance-type";

interface NodeGroup {
  readonly instanceTypes: readonly string[];
  readonly scalingConfig: { readonly minSize: number; readonly maxSize: number };
  readonly capacityType: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  readonly subnetIds: readonly string[];
}

/**
 * Nodes of every group at its minimum or maximum, all of the group's first instance type, and each group dealt out over
 * its zones from the first on: the most uneven that groups of several zones become, since each is balanced alone.
 */
export function nodesOf(plan: Plan, scale: Scale): KubernetesObject[] {
  const zones = new Map(
    plan.resources
      .filter(({ type }) => type === "aws:ec2/subnet:Subnet")
      .map(({ id, inputs }) => [id, String(inputs.availabilityZone)]),
  );
  return plan.resources
    .filter(({ type }) => type === "aws:eks/nodeGroup:NodeGroup")
    .flatMap(({ name, inputs }) => {
      const group = plain(inputs) as unknown as NodeGroup;
      const groupZones = group.subnetIds.map((id) => zones.get(id) ?? fail(`${name}: no subnet ${id}`));
      const count = group.scalingConfig[scale === "minimum" ? "minSize" : "maxSize"];
      return Array.from({ length: count }, (_, index) =>
        nodeOf(group, `${name}-${index}`, groupZones[index % groupZones.length] as string),
      );
    });
}

/** The same node under another name in another zone: what the autoscaler starts when a zone is gone. */
export function replacement(node: KubernetesObject, zone: string): KubernetesObject {
  const name = `${node.metadata.name}-${zone}`;
  const labels = { ...node.metadata.labels, "kubernetes.io/hostname": name, [zoneLabel]: zone };
  return { ...node, metadata: { ...node.metadata, name, labels } };
}

/** A node that was read, as it was created. */
export function asNew({ apiVersion, kind, metadata, spec, status }: KubernetesObject): KubernetesObject {
  const { name, labels = {} } = metadata;
  const { allocatable: room, capacity } = status;
  return {
    apiVersion,
    kind,
    metadata: { name, labels },
    spec: spec.taints === undefined ? {} : { taints: spec.taints },
    status: { allocatable: room, capacity },
  };
}

export function zoneOf(node: KubernetesObject): string {
  return node.metadata.labels?.[zoneLabel] ?? "";
}

function nodeOf(group: NodeGroup, name: string, zone: string): KubernetesObject {
  const [instanceType = ""] = group.instanceTypes;
  const type = instanceTypes[instanceType] ?? fail(`${name}: no size is known of ${instanceType}`);
  const room = allocatable(type);
  return simulatedNode({
    name,
    zone,
    allocatable: { cpu: `${room.cpuMillis}m`, memory: memoryQuantity(room.memoryMiB), pods: room.pods },
    labels: {
      ...group.labels,
      [instanceTypeLabel]: instanceType,
      "kubernetes.io/arch": type.architecture === "arm64" ? "arm64" : "amd64",
      "eks.amazonaws.com/capacityType": group.capacityType,
    },
    ...(group.taints === undefined
      ? {}
      : {
          taints: group.taints.map(({ key, value, effect }) => ({
            key,
            ...(value === undefined ? {} : { value }),
            effect: effects[effect] ?? fail(`${name}: no taint has the effect ${effect}`),
          })),
        }),
  });
}

/** EKS writes the effects of taints in its own way. */
const effects: Record<string, string> = {
  NO_SCHEDULE: "NoSchedule",
  NO_EXECUTE: "NoExecute",
  PREFER_NO_SCHEDULE: "PreferNoSchedule",
};

function fail(message: string): never {
  throw new Error(message);
}
