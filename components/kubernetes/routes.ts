import type * as pulumi from "@pulumi/pulumi";
import { selector } from "../core/labels.ts";
import { createCustomResource } from "./custom-resource.ts";
import type { GatewayAddress } from "./gateway.ts";
import {
  isPublic,
  type RolloutStrategy,
  routeName,
  subsets,
  virtualServiceNames,
} from "./rollout-strategy.ts";
import { type ServicePart, serviceComponent, serviceNames } from "./service-names.ts";
import { callPolicy } from "./service-objectives.ts";

export interface RoutesSpec extends ServicePart {
  readonly gateway: GatewayAddress;
  readonly strategy: RolloutStrategy;
  /** The mesh's kinds and control plane. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * The rollouts controller writes weights and pod hashes into these objects while a release runs. Pulumi sees no
 * difference in them, and takes the object back when it has a change of its own to make.
 */
const writtenByController = { "pulumi.com/patchForce": "true" };

/** How calls reach a service: its halves, its routes inside the mesh and from the gateway. */
export function createRoutes(
  parent: pulumi.ComponentResource,
  name: string,
  spec: RoutesSpec,
): pulumi.Resource[] {
  const { context, service, namespace, gateway } = spec;
  const names = serviceNames(service.name);
  const virtualServices = virtualServiceNames(service.name);
  const place = { context, component: serviceComponent, namespace, apiVersion: "networking.istio.io/v1" };
  const rule = createCustomResource(
    parent,
    `${name}-destination`,
    {
      ...place,
      kind: "DestinationRule",
      objectName: service.name,
      annotations: writtenByController,
      spec: destinationRule(spec),
    },
    { dependsOn: [...spec.ready], ignoreChanges: ["spec.subsets"] },
  );
  const virtualService = (logicalName: string, objectName: string, body: Record<string, unknown>) =>
    createCustomResource(
      parent,
      logicalName,
      {
        ...place,
        kind: "VirtualService",
        objectName,
        annotations: writtenByController,
        spec: body,
      },
      { dependsOn: [rule, ...spec.ready], ignoreChanges: ["spec.http[*].route[*].weight"] },
    );
  return [
    rule,
    virtualService(`${name}-route-internal`, virtualServices.internal, {
      hosts: [names.host],
      gateways: ["mesh"],
      http: [httpRoute(spec)],
    }),
    ...(isPublic(service)
      ? [
          virtualService(`${name}-route-public`, virtualServices.public, {
            hosts: [gateway.host],
            gateways: [gateway.reference],
            http: [{ match: pathMatch(service.pathPrefix), ...httpRoute(spec) }],
          }),
        ]
      : []),
  ];
}

/** `/v1/calls` and what is under it, but not `/v1/callsigns`. */
function pathMatch(prefix: string): Record<string, unknown>[] {
  return [{ uri: { exact: prefix } }, { uri: { prefix: `${prefix}/` } }];
}

function httpRoute({ service, strategy }: RoutesSpec): Record<string, unknown> {
  const { host } = serviceNames(service.name);
  const policy = callPolicy(service.objective);
  const port = { number: service.port };
  return {
    name: routeName,
    route:
      strategy === "canary"
        ? [
            { destination: { host, subset: subsets.stable, port }, weight: 100 },
            { destination: { host, subset: subsets.canary, port }, weight: 0 },
          ]
        : [{ destination: { host, port } }],
    timeout: `${policy.timeoutMillis}ms`,
    retries: {
      attempts: policy.retryAttempts,
      retryOn: "connect-failure,refused-stream,unavailable",
      ...(policy.perTryTimeoutMillis === undefined
        ? {}
        : { perTryTimeout: `${policy.perTryTimeoutMillis}ms` }),
    },
  };
}

function destinationRule({ service, strategy }: RoutesSpec): Record<string, unknown> {
  const { consecutiveErrors } = callPolicy(service.objective);
  const halves = [subsets.stable, subsets.canary];
  return {
    host: serviceNames(service.name).host,
    trafficPolicy: {
      tls: { mode: "ISTIO_MUTUAL" },
      loadBalancer: { simple: "LEAST_REQUEST" },
      connectionPool: {
        tcp: { connectTimeout: "1s" },
        http: { http1MaxPendingRequests: 1024, maxRequestsPerConnection: 1000 },
      },
      outlierDetection: {
        consecutive5xxErrors: consecutiveErrors,
        interval: "10s",
        baseEjectionTime: "30s",
        // Half of the pods stay whatever happens: then it is the service that fails, not single pods.
        maxEjectionPercent: 50,
        minHealthPercent: 50,
      },
    },
    ...(strategy === "canary"
      ? { subsets: halves.map((half) => ({ name: half, labels: selector(service.name) })) }
      : {}),
  };
}
