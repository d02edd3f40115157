import * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings, TokenIssuer } from "../config/settings-types.ts";
import type { Cloud, ClusterOutputs, NetworkOutputs } from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";
import type { RateLimits } from "./core/rate-limits.ts";
import { createGateway, type GatewayAddress } from "./kubernetes/gateway.ts";
import { createIstio } from "./kubernetes/istio.ts";
import { createMeshPolicies } from "./kubernetes/mesh-policies.ts";
import { createServicesNamespace } from "./kubernetes/services-namespace.ts";
import { createIssuerEntry } from "./kubernetes/token-authentication.ts";

export interface MeshArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly network: NetworkOutputs;
  readonly cluster: ClusterOutputs;
  /** Smallest number of copies of istiod and of the gateway, 1 to 3; both grow with load when it is over 1. */
  readonly replicas: number;
  /** What the gateway lets through in a second, in total and per client. */
  readonly rateLimits: RateLimits;
  /** Share of requests that are traced, 0 to 100 percent. */
  readonly traceSamplingPercent: number;
  /** The services that will run in the mesh: their ports and the quota of their namespace. */
  readonly services: readonly ServiceSettings[];
  /** Who issues the access tokens of callers: the one host outside that every service may ask, for its keys. */
  readonly tokens: TokenIssuer;
}

export interface MeshOutputs {
  /** `llm-marketplace`, in the mesh; an output of the Namespace, so that what is inside waits for it. */
  readonly servicesNamespace: pulumi.Output<string>;
  /** The public gateway: where it runs, its host name, the secret with its certificate, its mesh identity. */
  readonly gateway: GatewayAddress;
  /** Objects of Istio's kinds depend on these, and so do pods that want a sidecar. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * The service mesh: who may talk to whom, encrypted, and the way in.
 *
 * Creates: Istio (definitions, istiod, the CNI node agent in a privileged namespace of its own, so that every
 * workload namespace can hold the restricted level), the public gateway with TLS 1.3 at least a redirect from
 * HTTP and rate limits in total and per client, strict mTLS, a default deny for the whole mesh, JSON access logs, tracing to the OpenTelemetry collector,
 * outbound traffic to known hosts only (the token issuer is one), and the namespace `llm-marketplace`. In the mesh are `llm-marketplace` and
 * `istio-ingress`; operators, stores and monitoring are outside and protected by TLS of their own and NetworkPolicy.
 *
 * Does not create: the gateway's certificate and DNS records (Edge), routes and permissions of services
 * (MarketplaceService). Cost: the load balancer and the nodes' share of its pods. Replaces: the load balancer when
 * the cloud's exposure changes its class. Throws: nothing of its own.
 *
 * Example: `new Mesh("mesh", { context, cloud, network, cluster, replicas: 2, rateLimits, traceSamplingPercent: 10, services, tokens })`
 */
export class Mesh extends pulumi.ComponentResource implements MeshOutputs {
  readonly servicesNamespace: pulumi.Output<string>;
  readonly gateway: GatewayAddress;
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: MeshArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:mesh:Mesh", name, {}, withProviders(args, opts));

    const istio = createIstio(this, name, args);
    createMeshPolicies(this, name, { ...args, istio });
    const gateway = createGateway(this, name, {
      ...args,
      istio,
      exposure: args.cloud.gateway({ context: args.context, network: args.network }),
    });

    const namespace = createServicesNamespace(this, args).metadata.name;
    createIssuerEntry(this, name, { ...args, namespace, ready: istio.ready });

    this.servicesNamespace = namespace;
    this.gateway = gateway;
    this.ready = istio.ready;
    this.registerOutputs({ servicesNamespace: this.servicesNamespace, host: gateway.host });
  }
}
