/** A service's real Rollout with all that it needs, released and watched on a real control plane. */
import type { ControlPlane, KubernetesObject } from "../../support/control-plane/index.ts";

/** Kinds without which the rollouts controller cannot bring a service's pods up and move its traffic. */
const needed = new Set([
  "Namespace",
  "PriorityClass",
  "ServiceAccount",
  "Service",
  "DestinationRule",
  "VirtualService",
  "ClusterAnalysisTemplate",
  "Rollout",
]);

/** What a service's release needs of a stack's objects. */
export function releaseObjects(objects: readonly KubernetesObject[], service: string): KubernetesObject[] {
  const own = new RegExp(`^${service}(-public|-service|-service-preview)?$`);
  return objects.filter(({ kind, metadata }) => {
    if (!needed.has(kind)) return false;
    if (kind === "Namespace") return metadata.name === rolloutNamespace(objects, service);
    return kind === "PriorityClass" || kind === "ClusterAnalysisTemplate" || own.test(metadata.name);
  });
}

function rolloutNamespace(objects: readonly KubernetesObject[], service: string): string | undefined {
  return objects.find(({ kind, metadata }) => kind === "Rollout" && metadata.name === service)?.metadata
    .namespace;
}

/** The whole change that the tests make: where Prometheus is, and a second in the place of a minute. */
export function hurry(template: KubernetesObject, prometheusUrl: string): KubernetesObject {
  const copy = structuredClone(template);
  for (const metric of copy.spec.metrics) {
    metric.provider.prometheus.address = prometheusUrl;
    metric.interval = metric.interval.replace(/^60s$/, "1s");
    metric.initialDelay = metric.initialDelay.replace(/^60s$/, "1s");
  }
  return copy;
}

/** The same Rollout with another version of the service's image. */
export function withVersion(rollout: KubernetesObject, version: string): KubernetesObject {
  const copy = structuredClone(rollout);
  const [container] = copy.spec.template.spec.containers;
  container.image = container.image.replace(/:[^:]*$/, `:${version}`);
  return copy;
}

export interface Weights {
  readonly stable: number;
  readonly canary: number;
}

/** Watches the weights of a service's routes and the state of its Rollout, and keeps every change. */
export class ReleaseWatch {
  /** Weights of each VirtualService in the order in which they were seen, without repeats. */
  readonly seen = new Map<string, Weights[]>();
  readonly #plane: ControlPlane;
  readonly #rollout: KubernetesObject;
  readonly #routes: readonly KubernetesObject[];
  readonly #onWeights: (weights: Weights) => void;

  constructor(
    plane: ControlPlane,
    objects: readonly KubernetesObject[],
    onWeights: (weights: Weights) => void = () => undefined,
  ) {
    this.#plane = plane;
    this.#rollout = objects.find(({ kind }) => kind === "Rollout") as KubernetesObject;
    this.#routes = objects.filter(({ kind }) => kind === "VirtualService");
    this.#onWeights = onWeights;
  }

  /** Looks until the Rollout is in this phase for its newest generation; resolves to it. */
  async until(phase: "Healthy" | "Degraded", seconds = 90): Promise<KubernetesObject> {
    let state = "";
    return this.#plane.waitFor(
      `the Rollout ${this.#rollout.metadata.name} is ${phase}`,
      async () => {
        await this.look();
        const { apiVersion, kind, metadata } = this.#rollout;
        const rollout = await this.#plane.get(apiVersion, kind, metadata.name, metadata.namespace);
        const { status } = rollout;
        state = `${status?.phase} ${status?.message ?? ""}`;
        return (
          String(rollout.metadata.generation) === status?.observedGeneration &&
          status.phase === phase &&
          rollout
        );
      },
      { seconds, seen: () => `${state}; weights ${JSON.stringify([...this.seen])}` },
    );
  }

  /** Looks until every route gives all traffic to the stable half. */
  async settled(): Promise<void> {
    await this.#plane.waitFor("all traffic is on the stable version", async () => {
      await this.look();
      return [...this.seen.values()].every((weights) => weights.at(-1)?.stable === 100);
    });
  }

  async look(): Promise<void> {
    for (const route of this.#routes) {
      const { apiVersion, kind, metadata } = route;
      const { spec } = await this.#plane.get(apiVersion, kind, metadata.name, metadata.namespace);
      const weights = weightsOf(spec.http[0].route);
      const seen = this.seen.get(metadata.name) ?? [];
      this.seen.set(metadata.name, seen);
      const last = seen.at(-1);
      if (last?.stable === weights.stable && last.canary === weights.canary) continue;
      seen.push(weights);
      this.#onWeights(weights);
    }
  }
}

function weightsOf(
  route: readonly { readonly destination: { readonly subset?: string }; readonly weight?: number }[],
): Weights {
  const of = (subset: string) => route.find(({ destination }) => destination.subset === subset)?.weight ?? 0;
  return { stable: of("stable"), canary: of("canary") };
}
