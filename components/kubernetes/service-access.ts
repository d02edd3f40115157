import type * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings, TokenIssuer } from "../../config/settings-types.ts";
import { selector } from "../core/labels.ts";
import { createCustomResource } from "./custom-resource.ts";
import type { GatewayAddress } from "./gateway.ts";
import {
  anywhere,
  createNetworkPolicy,
  dnsEgress,
  type EgressRule,
  type IngressRule,
  identityAgent,
  insideRanges,
  linkLocal,
  type Peer,
  podsIn,
  range,
  tcp,
  workloadIn,
} from "./network-policy.ts";
import { collector, istiod, mergedMetricsPort, namespaces, serviceHost } from "./places.ts";
import { callees, type ServicePart, serviceComponent, serviceNames } from "./service-names.ts";
import { type PlatformStores, type StoreUse, storeUses } from "./service-stores.ts";
import { createTokenAuthentication, keysHost } from "./token-authentication.ts";

export interface AccessSpec extends ServicePart, PlatformStores {
  readonly services: readonly ServiceSettings[];
  readonly gateway: GatewayAddress;
  readonly tokens: TokenIssuer;
  /** Range of the network in which managed stores have their addresses; undefined on local. */
  readonly networkCidr: string | undefined;
  readonly ready: readonly pulumi.Resource[];
}

/** Callers' name for the public edge. */
const publicEdge = "gateway";
/** No provider of models or identities is here: a host name must not lead a service back inside. */
const neverOutside = [...insideRanges, linkLocal];

/** Who may call a service and whom it may call, in the network and in the mesh: what the catalogue says, no more. */
export function createAccess(
  parent: pulumi.ComponentResource,
  name: string,
  spec: AccessSpec,
): pulumi.Resource[] {
  const { context, service, namespace } = spec;
  const podLabels = selector(service.name);
  const policy = createNetworkPolicy(parent, `${name}-network`, {
    context,
    component: serviceComponent,
    policyName: service.name,
    namespace,
    podLabels,
    ingress: ingressRules(service),
    egress: egressRules(spec),
  });
  const place = { context, component: serviceComponent, namespace, objectName: service.name };
  const opts = { dependsOn: [...spec.ready] };
  const authorization = createCustomResource(
    parent,
    `${name}-authorization`,
    {
      ...place,
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      spec: {
        selector: { matchLabels: podLabels },
        action: "ALLOW",
        rules: authorizationRules(service, spec.gateway),
      },
    },
    opts,
  );
  const sidecar = createCustomResource(
    parent,
    `${name}-outbound`,
    {
      ...place,
      apiVersion: "networking.istio.io/v1",
      kind: "Sidecar",
      spec: sidecarSpec(spec),
    },
    opts,
  );
  return [policy, authorization, sidecar, ...createTokenAuthentication(parent, name, spec)];
}

function ingressRules(service: ServiceSettings): IngressRule[] {
  const callers: Peer[] = service.callers.map((caller) =>
    caller === publicEdge
      ? podsIn(namespaces.gateway, { istio: "ingressgateway" })
      : workloadIn(namespaces.services, caller),
  );
  return [
    ...(callers.length > 0 ? [{ from: callers, ports: tcp(service.port) }] : []),
    { from: [podsIn(namespaces.monitoring)], ports: tcp(mergedMetricsPort) },
  ];
}

function egressRules(spec: AccessSpec): EgressRule[] {
  const { service } = spec;
  const uses = storeUses(service, spec);
  return [
    dnsEgress,
    { to: [podsIn(namespaces.mesh, { app: istiod.app })], ports: tcp(istiod.xdsPort) },
    { to: [podsIn(namespaces.monitoring)], ports: tcp(collector.grpcPort) },
    ...callees(service, spec.services).map((callee) => ({
      to: [workloadIn(namespaces.services, callee.name)],
      ports: tcp(callee.port),
    })),
    ...uses.map((use) => ({ to: [storePeer(use, spec.networkCidr)], ports: tcp(...use.ports) })),
    ...(uses.some((use) => use.auth.kind === "cloud-identity")
      ? [{ to: [identityAgent], ports: tcp(80) }]
      : []),
    // The keys of the token issuer, and providers of models; which hosts, the sidecar says.
    { to: [range("0.0.0.0/0", neverOutside)], ports: tcp(443) },
  ];
}

/** Where a store is, as a NetworkPolicy names it. */
export function storePeer({ namespace }: StoreUse, networkCidr: string | undefined): Peer {
  if (namespace !== undefined) return podsIn(namespace);
  return networkCidr === undefined ? anywhere : range(networkCidr);
}

/** One rule a caller: the gateway only under the service's public path, services of the mesh without limit. */
function authorizationRules(service: ServiceSettings, gateway: GatewayAddress): Record<string, unknown>[] {
  const ports = [`${service.port}`];
  return service.callers.map((caller) =>
    caller === publicEdge
      ? {
          from: [{ source: { principals: [gateway.principal] } }],
          to: [{ operation: { ports, paths: [service.pathPrefix, `${service.pathPrefix}/*`] } }],
        }
      : {
          from: [{ source: { principals: [serviceNames(caller).principal] } }],
          to: [{ operation: { ports } }],
        },
  );
}

/**
 * What the sidecar knows of the mesh, and whether it lets unknown hosts through. Hosts of model providers are data of
 * the running system, approved there and refused there; the platform allows unknown hosts (443, no inside address) to
 * the one service that declares it, and to the others only the token issuer's.
 */
function sidecarSpec({ service, services, tokens }: AccessSpec): Record<string, unknown> {
  return {
    workloadSelector: { labels: selector(service.name) },
    egress: [
      {
        hosts: [
          `${namespaces.mesh}/*`,
          // Long answers of DNS come over TCP, which goes through the sidecar; UDP does not.
          `kube-system/${serviceHost("kube-dns", "kube-system")}`,
          `${namespaces.monitoring}/${collector.host}`,
          `./${keysHost(tokens)}`,
          ...callees(service, services).map((callee) => `./${serviceNames(callee.name).host}`),
        ],
      },
    ],
    outboundTrafficPolicy: { mode: service.egress === "providers" ? "ALLOW_ANY" : "REGISTRY_ONLY" },
  };
}
