import * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings, TokenIssuer } from "../config/settings-types.ts";
import type {
  Cloud,
  ClusterOutputs,
  EncryptionOutputs,
  NetworkOutputs,
  RegistryOutputs,
} from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";
import { UserError } from "./core/errors.ts";
import type { Delivery } from "./delivery.ts";
import type { Edge } from "./edge.ts";
import { createAutoscaler } from "./kubernetes/autoscaling.ts";
import { createServiceMonitoring } from "./kubernetes/objective-rules.ts";
import { namespaces } from "./kubernetes/places.ts";
import { isPublic, type RolloutStrategy } from "./kubernetes/rollout-strategy.ts";
import { createRoutes } from "./kubernetes/routes.ts";
import { createSchemaMigration } from "./kubernetes/schema-migration.ts";
import { createAccess } from "./kubernetes/service-access.ts";
import { checkServiceName, serviceNames } from "./kubernetes/service-names.ts";
import { createServiceSecrets, createStoreRoots } from "./kubernetes/service-secrets.ts";
import { type PlatformStores, serviceGrants, storeUses } from "./kubernetes/service-stores.ts";
import { createStoreCredentials } from "./kubernetes/store-credentials.ts";
import { createWorkload } from "./kubernetes/workload.ts";
import type { Mesh } from "./mesh.ts";
import type { Secrets } from "./secrets.ts";

export interface MarketplaceServiceArgs extends PlatformStores {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
  readonly registry: RegistryOutputs;
  readonly mesh: Mesh;
  readonly edge: Edge;
  readonly secrets: Secrets;
  readonly delivery: Delivery;
  /** The service: its entry of the catalogue with this stack's replicas and image tag. */
  readonly service: ServiceSettings;
  /** Every service of the stack, among them those that this one calls. */
  readonly services: readonly ServiceSettings[];
  /** Who issues the access tokens of callers. */
  readonly tokens: TokenIssuer;
  /** How a new version takes over. Default: `canary`, 10 % → 50 % → 100 % of traffic with analysis. */
  readonly strategy?: RolloutStrategy;
}

export interface MarketplaceServiceOutputs {
  readonly serviceName: string;
  /** Address for users, `https://api.<domain><path prefix>`; inside the cluster for a service without public edge. */
  readonly url: string;
  /** Name of the Rollout in `llm-marketplace`, for release and rollback. */
  readonly rolloutName: pulumi.Output<string>;
  /** The service's cloud identity; undefined where none of its stores asks for one. */
  readonly identity: pulumi.Output<string> | undefined;
}

/**
 * One service of the catalogue, ready for users.
 *
 * Creates: Rollout, Service, autoscaler on the service's own container (a
 * ScaledObject where it scales on its requests), disruption budget, ServiceAccount with a cloud
 * identity that may use this service's databases, keys and topics only, NetworkPolicy and AuthorizationPolicy for
 * its real callers, a Job that migrates its database as another role, refusal of wrong access tokens, routes with timeouts, retries and ejection from its objective, its secrets, its ServiceMonitor
 * and its burn-rate alerts.
 *
 * Does not create: stores and users in them (DataTier, Messaging), the image, values of secrets. Cost: the nodes' share of its pods. Replaces: nothing on a new version;
 * every object when the service is renamed. Throws: `UserError` when the name is too long or
 * the registry has no repository of the service.
 *
 * Example: `new MarketplaceService("publishing", { context, cloud, …, service, services })`
 */
export class MarketplaceService extends pulumi.ComponentResource implements MarketplaceServiceOutputs {
  readonly serviceName: string;
  readonly url: string;
  readonly rolloutName: pulumi.Output<string>;
  readonly identity: pulumi.Output<string> | undefined;

  constructor(name: string, args: MarketplaceServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:service:MarketplaceService", name, {}, withProviders(args, opts));
    const { context, cloud, mesh, service } = args;
    checkServiceName(service.name);
    const names = serviceNames(service.name);
    const strategy = args.strategy ?? "canary";
    const part = { context, service, services: args.services, namespace: mesh.servicesNamespace };
    const stores = { data: args.data, messaging: args.messaging };

    const identity = cloud.identity(this, name, {
      context,
      cluster: args.cluster,
      encryption: args.encryption,
      namespace: namespaces.services,
      serviceAccount: names.workload,
      grants: serviceGrants(service, stores),
    });
    const secrets = createServiceSecrets(this, name, { ...part, ...args });
    const roots = createStoreRoots(this, name, { ...part, ...stores });
    const credentials = createStoreCredentials(this, name, { ...part, ...stores, ready: args.secrets.ready });
    const networkCidr = cloud.name === "local" ? undefined : args.network.cidr;
    const access = createAccess(this, name, {
      ...part,
      ...stores,
      gateway: mesh.gateway,
      tokens: args.tokens,
      networkCidr,
      ready: mesh.ready,
    });
    const image = imageOf(args);
    createSchemaMigration(this, name, {
      ...part,
      ...stores,
      cloud,
      cluster: args.cluster,
      encryption: args.encryption,
      region: cloud.region,
      networkCidr,
      image,
      ready: [...args.secrets.ready, ...args.mesh.ready, ...roots],
    });
    const routes = createRoutes(this, name, { ...part, gateway: mesh.gateway, strategy, ready: mesh.ready });
    const rollout = createWorkload(this, name, {
      ...part,
      ...stores,
      strategy,
      tokens: args.tokens,
      region: cloud.region,
      image,
      errorRateTemplate: args.delivery.errorRateTemplate,
      latencyTemplate: args.delivery.latencyTemplate,
      pools: args.cluster.pools,
      serviceAccountAnnotations: identity.serviceAccountAnnotations,
      ready: [
        ...args.delivery.ready,
        ...identity.ready,
        ...secrets,
        ...roots,
        ...credentials,
        ...access,
        ...routes,
        ...storeUses(service, stores).flatMap((use) => use.ready),
      ],
    });
    createAutoscaler(this, name, { ...part, rollout, keda: args.delivery.keda });
    createServiceMonitoring(this, name, { ...part, ready: args.cluster.ready });

    this.serviceName = service.name;
    this.url = isPublic(service)
      ? `${args.edge.url}${service.pathPrefix}`
      : `http://${names.host}:${service.port}`;
    this.rolloutName = rollout.metadata.name;
    this.identity = identity.principal;
    this.registerOutputs({ url: this.url, rolloutName: this.rolloutName, identity: this.identity });
  }
}

function imageOf({ registry, service }: MarketplaceServiceArgs): pulumi.Output<string> {
  const repository = registry.repositoryUrls[service.name];
  if (repository === undefined) {
    throw new UserError({
      path: `services.${service.name}`,
      got: "no image repository",
      allowed: Object.keys(registry.repositoryUrls).join(", "),
      fix: "add the service to services/catalog.ts, from which the registry takes its repositories",
    });
  }
  return pulumi.interpolate`${repository}:${service.version}`;
}
