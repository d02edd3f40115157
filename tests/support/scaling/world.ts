/** The services of a plan under the real autoscaler and the real rollouts controller, with usage that a test sets. */
import type { Plan } from "../../../cli/plan/plan.ts";
import type { PlatformSettings, ServiceSettings } from "../../../config/settings-types.ts";
import { isReady } from "../capacity/placements.ts";
import { kubernetesObject } from "../capacity/sources.ts";
import {
  type ControlPlane,
  type KubernetesObject,
  simulatedNode,
  startControlPlane,
} from "../control-plane/index.ts";
import { loadDefinitions } from "../definitions/load.ts";
import { MetricsServer } from "./metrics-server.ts";

/** What all callers of a service ask for, as the number of pods that it would keep exactly at the table's target. */
export interface Load {
  readonly cpuPods: number;
  readonly memoryPods: number;
}

/** A change of the number of replicas that the autoscaler made. */
export interface Step {
  readonly replicas: number;
  /** Whole seconds, by the controller's clock. */
  readonly second: number;
  /** In the controller's words. */
  readonly reason: string;
}

/** What the plan says about one service, as it is. */
export interface ScaledService {
  readonly settings: ServiceSettings;
  readonly rollout: KubernetesObject;
  readonly autoscaler: KubernetesObject;
  readonly budget: KubernetesObject;
}

export const idle: Load = { cpuPods: 0.1, memoryPods: 0.1 };
/** The controller looks this often; the table's periods are the plan's own. */
const lookSeconds = 1;
/** For anything that a controller has to do, on a machine that does other work too. */
const waitSeconds = 240;
/** Between two looks at all pods: reading them must not slow down who makes them. */
const lookMillis = 500;
const nameLabel = "app.kubernetes.io/name";
const groundKinds = ["Namespace", "PriorityClass", "ServiceAccount", "ResourceQuota", "LimitRange"];
/** What the rollouts controller looks for, whether or not the plan has any. */
const rolloutKinds = ["Rollout", "AnalysisRun", "AnalysisTemplate", "ClusterAnalysisTemplate", "Experiment"];

export class ScalingWorld {
  readonly plane: ControlPlane;
  readonly services: ReadonlyMap<string, ScaledService>;
  readonly namespace: string;
  readonly #loads = new Map<string, Load>();
  /** The autoscaler that now drives each service. */
  readonly #autoscalers = new Map<string, KubernetesObject>();
  #resets = 0;
  #metrics: MetricsServer | undefined;

  private constructor(plane: ControlPlane, services: readonly ScaledService[]) {
    this.plane = plane;
    this.services = new Map(services.map((service) => [service.settings.name, service]));
    this.namespace = services[0]?.rollout.metadata.namespace as string;
  }

  static async start(plan: Plan, settings: PlatformSettings): Promise<ScalingWorld> {
    const objects = plan.resources
      .filter(({ type, custom }) => custom && type.startsWith("kubernetes:"))
      .map((resource) => kubernetesObject(resource) as KubernetesObject);
    const find = (kind: string, name: string) => {
      const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
      if (found === undefined) throw new Error(`the plan has no ${kind} ${name}`);
      return found;
    };
    const services = settings.services.map((service) => ({
      settings: service,
      rollout: withoutTraffic(find("Rollout", service.name)),
      autoscaler: find("HorizontalPodAutoscaler", service.name),
      budget: find("PodDisruptionBudget", service.name),
    }));
    const plane = await startControlPlane({
      components: ["kube-controller-manager", "kube-scheduler"],
      nodes: roomyNodes(settings.network.zones),
      extraArgs: {
        "kube-controller-manager": [`--horizontal-pod-autoscaler-sync-period=${lookSeconds}s`],
      },
    });
    const world = new ScalingWorld(plane, services);
    try {
      const { definitions, leftOut } = await loadDefinitions(
        new Set(rolloutKinds.map((kind) => `argoproj.io/${kind}`)),
      );
      for (const [kind, why] of leftOut) throw new Error(`the definition of ${kind} cannot be had: ${why}`);
      await plane.apply(definitions, { fieldValidation: "Ignore" });
      await plane.runRollouts();
      await plane.apply(objects.filter(({ kind }) => groundKinds.includes(kind)));
      world.#metrics = await MetricsServer.start(plane, (pod, running) => world.#readings(pod, running));
      await plane.apply(services.flatMap(({ rollout, budget }) => [rollout, budget]));
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async stop(): Promise<void> {
    await this.#metrics?.stop();
    await this.plane.stop();
  }

  /** From now on the service's pods share this load among them. */
  load(service: string, load: Load): void {
    this.#loads.set(service, load);
  }

  /** Replicas that the autoscaler asks the Rollout for. */
  async replicas(service: string): Promise<number> {
    const rollout = await this.plane.get("argoproj.io/v1alpha1", "Rollout", service, this.namespace);
    return rollout.spec.replicas ?? 0;
  }

  async pods(service: string): Promise<KubernetesObject[]> {
    const pods = await this.plane.list(
      "v1",
      "Pod",
      this.namespace,
      `labelSelector=${nameLabel}%3D${service}`,
    );
    return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** What the autoscaler has done to the service since its last reset. */
  async steps(service: string): Promise<Step[]> {
    const autoscaler = await this.#autoscaler(service);
    const events = await this.plane.list("v1", "Event", this.namespace);
    return events
      .filter(
        ({ involvedObject, reason }) =>
          involvedObject.uid === autoscaler.metadata.uid && reason === "SuccessfulRescale",
      )
      .map(({ message, firstTimestamp }) => ({
        replicas: Number(/New size: (\d+)/.exec(message)?.[1]),
        second: Date.parse(firstTimestamp) / 1000,
        reason: String(/reason: (.*)/.exec(message)?.[1]),
      }))
      .sort((a, b) => a.second - b.second);
  }

  /**
   * Puts a service at a number of ready pods under a load, then under an autoscaler that remembers nothing: the plan's
   * own unless told. It gets a name of its own, because the controller remembers steps by name and may forget those of
   * a deleted one only after it has seen the next.
   */
  async reset(
    service: string,
    replicas: number,
    { load = idle, autoscaler }: { load?: Load; autoscaler?: KubernetesObject } = {},
  ): Promise<void> {
    const { rollout, autoscaler: planned } = this.#service(service);
    this.load(service, load);
    const last = this.#autoscalers.get(service);
    if (last !== undefined) await this.plane.delete(last);
    await this.plane.patch(rollout, { spec: { replicas } });
    await this.waitForPods(service, replicas);
    this.#resets += 1;
    const next = renamed(autoscaler ?? planned, `${service}-${this.#resets}`);
    this.#autoscalers.set(service, next);
    await this.plane.apply([next]);
    await this.plane.waitFor(
      `the autoscaler of ${service} reads its pods`,
      async () => {
        const { status } = await this.#autoscaler(service);
        return status?.conditions?.some(
          ({ type, status: state }: { type: string; status: string }) =>
            type === "ScalingActive" && state === "True",
        );
      },
      { seconds: waitSeconds },
    );
  }

  /** Waits until the service has exactly this many pods, all ready. */
  async waitForPods(service: string, count: number): Promise<void> {
    let seen = "";
    await this.plane.waitFor(
      `${service} has ${count} ready pods`,
      async () => {
        await new Promise((resume) => setTimeout(resume, lookMillis));
        const pods = await this.pods(service);
        const ready = pods.filter(isReady);
        seen = `${ready.length} of ${pods.length} pods ready`;
        return ready.length === count && pods.length === count;
      },
      { seconds: waitSeconds, seen: () => seen },
    );
  }

  #autoscaler(service: string): Promise<KubernetesObject> {
    const name = this.#autoscalers.get(service)?.metadata.name;
    if (name === undefined) throw new Error(`${service} has no autoscaler before its first reset`);
    return this.plane.get("autoscaling/v2", "HorizontalPodAutoscaler", name, this.namespace);
  }

  #service(name: string): ScaledService {
    const found = this.services.get(name);
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return found;
  }

  /** The service's own container its share of the load, its sidecar always ten times of what it asks for. */
  #readings({ metadata }: KubernetesObject, running: number) {
    const name = metadata.labels?.[nameLabel] ?? "";
    const service = this.services.get(name);
    if (service === undefined) return undefined;
    const { cpuPods, memoryPods } = this.#loads.get(name) ?? idle;
    const { resources, scaling } = service.settings;
    const share = (asked: number, target: number, pods: number) => (asked * target * pods) / running / 100;
    return {
      [name]: {
        cpuMillis: share(resources.cpuMillis, scaling.cpuPercent, cpuPods),
        memoryMiB: share(resources.memoryMiB, scaling.memoryPercent, memoryPods),
      },
      "istio-proxy": { cpuMillis: 500, memoryMiB: 640 },
    };
  }
}

function renamed(object: KubernetesObject, name: string): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, name } };
}

/**
 * The plan's Rollout without the steps and traffic of its canary: no new version comes here, and without Istio the
 * controller would wait for VirtualServices. Its pods, and what the autoscaler sees of it, stay the plan's.
 */
function withoutTraffic(rollout: KubernetesObject): KubernetesObject {
  return { ...rollout, spec: { ...rollout.spec, strategy: { canary: {} } } };
}

/** Room for all replicas at once: where pods fit is not the question here. */
function roomyNodes(zones: readonly string[]): KubernetesObject[] {
  return zones.map((zone) =>
    simulatedNode({ name: `node-${zone}`, zone, allocatable: { cpu: "256", memory: "1Ti", pods: 1000 } }),
  );
}
