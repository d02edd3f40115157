/** A stack's platform on a real control plane: brings it up, takes a zone away, and says where its pods are. */
import type { Plan } from "../../../cli/plan/plan.ts";
import type { Scale } from "../../../config/capacity.ts";
import type { PlatformSettings } from "../../../config/settings-types.ts";
import { type ControlPlane, type KubernetesObject, startControlPlane } from "../control-plane/index.ts";
import { asNew, nodesOf, replacement, zoneOf } from "./nodes.ts";
import { type Platform, platformOf, rowLabel } from "./placeholders.ts";
import { isReady, type Placements, podName } from "./placements.ts";
import { VolumeDriver } from "./volumes.ts";

/** For anything to settle on a machine that does other work too. */
const settleSeconds = 300;
/** Between two looks at all pods, of which there are a thousand: reading them must not slow down who makes them. */
const lookMillis = 500;

export class World {
  readonly plane: ControlPlane;
  readonly platform: Platform;
  readonly #driver: VolumeDriver;

  private constructor(plane: ControlPlane, platform: Platform) {
    this.plane = plane;
    this.platform = platform;
    this.#driver = new VolumeDriver(plane);
  }

  /** Starts a control plane with the stack's nodes and puts the whole platform on it. */
  static async start(
    plan: Plan,
    settings: PlatformSettings,
    scale: Scale,
    nodes: readonly KubernetesObject[] = nodesOf(plan, scale),
  ): Promise<World> {
    const platform = platformOf(plan, settings, scale);
    const plane = await startControlPlane({
      components: ["kube-controller-manager", "kube-scheduler"],
      nodes,
    });
    const world = new World(plane, platform);
    try {
      await plane.apply(platform.ground);
      await plane.apply(platform.workloads);
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async stop(): Promise<void> {
    try {
      await this.#driver.stop();
    } finally {
      await this.plane.stop();
    }
  }

  /** Pods that have not ended, and nodes. */
  async placements(): Promise<Placements> {
    const [nodes, pods] = await Promise.all([this.plane.list("v1", "Node"), this.plane.list("v1", "Pod")]);
    const alive = pods.filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status?.phase !== "Succeeded" &&
        status?.phase !== "Failed",
    );
    return { nodes, pods: alive };
  }

  /**
   * Waits until every pod that should be there is, and each is ready or has been found no node. `extra` is what was
   * added to the platform since.
   */
  async settle(extra = 0): Promise<Placements> {
    const wanted = Object.values(this.platform.pods).reduce((sum, count) => sum + count, 0) + extra;
    let seen = "";
    return this.plane.waitFor(
      "every pod is ready or has no node",
      async () => {
        await new Promise((resume) => setTimeout(resume, lookMillis));
        const placements = await this.placements();
        const { nodes, pods } = placements;
        const expected = wanted + nodes.length * this.platform.onEveryNode.length;
        const unsettled = pods.filter((pod) => !isReady(pod) && !hasNoNode(pod));
        seen = `${pods.length} of ${expected} pods, not settled: ${unsettled.slice(0, 5).map(podName).join(", ")}`;
        return pods.length === expected && unsettled.length === 0 && placements;
      },
      { seconds: settleSeconds, seen: () => seen },
    );
  }

  /**
   * Takes a zone's nodes away, with the pods on them, as the pod garbage collector does after a minute. Resolves to the
   * nodes as they were created.
   */
  async loseZone(zone: string): Promise<KubernetesObject[]> {
    const { nodes, pods } = await this.placements();
    const lost = nodes.filter((node) => zoneOf(node) === zone);
    const names = new Set(lost.map(({ metadata }) => metadata.name));
    await Promise.all(lost.map((node) => this.plane.delete(node)));
    await Promise.all(
      pods
        .filter(({ spec }) => names.has(spec.nodeName))
        .map(({ metadata }) =>
          this.plane.request("DELETE", `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`, {
            gracePeriodSeconds: 0,
          }),
        ),
    );
    return lost.map(asNew);
  }

  /** The same nodes dealt out over other zones. */
  elsewhere(nodes: readonly KubernetesObject[], zones: readonly string[]): KubernetesObject[] {
    return nodes.map((node, index) => replacement(node, zones[index % zones.length] as string));
  }

  /** Pods whose volume is in the zone. */
  async boundTo(zone: string): Promise<string[]> {
    const [volumes, { pods }] = await Promise.all([
      this.plane.list("v1", "PersistentVolume"),
      this.placements(),
    ]);
    const claims = new Set(
      volumes
        .filter(({ spec }) => JSON.stringify(spec.nodeAffinity).includes(`"${zone}"`))
        .map(({ spec }) => `${spec.claimRef.namespace}/${spec.claimRef.name}`),
    );
    return pods
      .filter(({ metadata, spec }) =>
        (spec.volumes ?? []).some(({ persistentVolumeClaim: claim }: Record<string, { claimName: string }>) =>
          claims.has(`${metadata.namespace}/${claim?.claimName}`),
        ),
      )
      .map(podName)
      .sort();
  }
}

/** Whether the scheduler has looked at the pod and found it no node. */
export function hasNoNode({ spec, status }: KubernetesObject): boolean {
  return (
    spec.nodeName === undefined &&
    status?.conditions?.some(
      ({ type, reason }: { type: string; reason?: string }) =>
        type === "PodScheduled" && reason === "Unschedulable",
    )
  );
}

/** Whether the pod belongs to a row of the footprint, or to a service. */
export function isOf(row: string): (pod: KubernetesObject) => boolean {
  return ({ metadata }) => metadata.labels?.[rowLabel] === row;
}
