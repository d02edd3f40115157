import type { ServiceSettings } from "../../config/settings-types.ts";
import { namespaces } from "./places.ts";
import { serviceNames } from "./service-names.ts";
import { latencyIndicator } from "./service-objectives.ts";

/** How a new version takes over: `canary` by shares of traffic, `blue-green` all at once after its checks. */
export type RolloutStrategy = "canary" | "blue-green";

export interface StrategySpec {
  readonly service: ServiceSettings;
  readonly strategy: RolloutStrategy;
  /** Names of the ClusterAnalysisTemplates. */
  readonly errorRateTemplate: string;
  readonly latencyTemplate: string;
}

/** Shares of traffic that a canary gets, in percent, each judged by the analyses before the next. */
export const canarySteps = [10, 50, 100] as const;
/** Names of the two halves of a service in its DestinationRule. */
export const subsets = { stable: "stable", canary: "canary" } as const;
/** The route of both VirtualServices whose weights the controller sets. */
export const routeName = "primary";
/** Seconds that the replaced version stays up, so that going back needs no new pods. */
const keptSeconds = 600;

/** VirtualServices of a service: calls inside the mesh, and calls through the gateway. */
export function virtualServiceNames(service: string): { internal: string; public: string } {
  return { internal: service, public: `${service}-public` };
}

/** `Rollout.spec.strategy`. */
export function rolloutStrategy(spec: StrategySpec): Record<string, unknown> {
  return spec.strategy === "canary" ? canary(spec) : blueGreen(spec);
}

function canary(spec: StrategySpec): Record<string, unknown> {
  const { service } = spec;
  const virtualServices = virtualServiceNames(service.name);
  return {
    canary: {
      trafficRouting: {
        istio: {
          virtualServices: [
            { name: virtualServices.internal, routes: [routeName] },
            ...(isPublic(service) ? [{ name: virtualServices.public, routes: [routeName] }] : []),
          ],
          destinationRule: {
            name: service.name,
            stableSubsetName: subsets.stable,
            canarySubsetName: subsets.canary,
          },
        },
      },
      steps: canarySteps.flatMap((percent) => [{ setWeight: percent }, { analysis: analysis(spec) }]),
    },
  };
}

function blueGreen(spec: StrategySpec): Record<string, unknown> {
  const names = serviceNames(spec.service.name);
  return {
    blueGreen: {
      activeService: names.service,
      previewService: names.preview,
      autoPromotionEnabled: true,
      scaleDownDelaySeconds: keptSeconds,
      postPromotionAnalysis: analysis(spec),
    },
  };
}

function analysis({ service, errorRateTemplate, latencyTemplate }: StrategySpec): Record<string, unknown> {
  const latency = latencyIndicator(service.objective);
  return {
    templates: [
      { templateName: errorRateTemplate, clusterScope: true },
      { templateName: latencyTemplate, clusterScope: true },
    ],
    args: [
      { name: "namespace", value: namespaces.services },
      { name: "service", value: service.name },
      { name: "new-hash", valueFrom: { podTemplateHashValue: "Latest" } },
      { name: "histogram", value: latency.histogram },
      { name: "limit-millis", value: `${service.objective.latencyP95Millis}` },
    ],
  };
}

/** Whether the service is reached from outside. */
export function isPublic(service: ServiceSettings): boolean {
  return service.callers.includes("gateway");
}
