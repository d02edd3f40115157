/** The mesh with what stands around it, on the fake cloud, and services in it: for tests of services. */
import * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../components/core/context.ts";
import { Delivery } from "../../components/delivery.ts";
import { Edge } from "../../components/edge.ts";
import type { RolloutStrategy } from "../../components/kubernetes/rollout-strategy.ts";
import { MarketplaceService } from "../../components/marketplace-service.ts";
import { Mesh } from "../../components/mesh.ts";
import { Secrets } from "../../components/secrets.ts";
import type { ServiceSettings } from "../../config/settings-types.ts";
import * as fake from "./fake-cloud.ts";
import { type RecordedResource, type Recording, recordResources } from "./record.ts";

export interface PlatformOptions {
  readonly context?: PlatformContext;
  readonly services?: readonly ServiceSettings[];
  readonly inCluster?: boolean;
  readonly strategy?: RolloutStrategy;
  readonly cloud?: fake.FakeCloudOptions;
  /** Names that have an image repository. Default: those of the services. */
  readonly repositories?: readonly string[];
}

export interface PlatformRecording extends Recording {
  readonly cloud: fake.FakeCloud;
  readonly services: readonly MarketplaceService[];
}

/** Records the whole of mesh, edge, secrets, delivery and services. */
export async function recordPlatform(options: PlatformOptions = {}): Promise<PlatformRecording> {
  const context = options.context ?? fake.context;
  const services = options.services ?? fake.services;
  let cloud: fake.FakeCloud | undefined;
  let built: MarketplaceService[] = [];
  const recording = await recordResources(() => {
    cloud = fake.fakeCloud(options.cloud);
    const inside = {
      context,
      cloud,
      encryption: fake.encryption,
      network: fake.network(),
      cluster: fake.cluster(),
    };
    const replicas = context.environment === "production" ? 3 : 1;
    const mesh = new Mesh("mesh", {
      ...inside,
      replicas,
      rateLimits: { requestsPerSecond: 50_000, requestsPerSecondPerClient: 500 },
      traceSamplingPercent: 10,
      services,
      tokens: fake.tokens,
    });
    const edge = new Edge("edge", { ...inside, mesh });
    const secrets = new Secrets("secrets", inside);
    const delivery = new Delivery("delivery", {
      ...inside,
      replicas: Math.min(replicas, 2),
      requestScaling: services.some(({ scaling }) => scaling.requestsPerSecond !== undefined),
    });
    const stores = options.inCluster ? fake.inClusterStores() : fake.managedStores();
    const repositoryUrls = Object.fromEntries(
      (options.repositories ?? services.map(({ name }) => name)).map((name) => [
        name,
        pulumi.output(`registry.example/${name}`),
      ]),
    );
    built = services.map(
      (service) =>
        new MarketplaceService(service.name, {
          ...inside,
          ...stores,
          registry: { repositoryUrls },
          mesh,
          edge,
          secrets,
          delivery,
          tokens: fake.tokens,
          service,
          services,
          ...(options.strategy === undefined ? {} : { strategy: options.strategy }),
        }),
    );
    return Object.fromEntries(built.map((service) => [service.serviceName, service.url]));
  });
  if (cloud === undefined) throw new Error("the program did not run");
  return { ...recording, cloud, services: built };
}

/** `spec` of a recorded object, free to walk through. */
// biome-ignore lint/suspicious/noExplicitAny: tests read deep into objects whose form they assert
export function specOf(resource: RecordedResource): any {
  return resource.inputs.spec;
}

/** Kubernetes name of a recorded object. */
export function objectName(resource: RecordedResource): string {
  const { metadata, name } = resource.inputs as { metadata?: { name?: string }; name?: string };
  return metadata?.name ?? name ?? "";
}
