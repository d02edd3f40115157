import type * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings } from "../../config/settings-types.ts";
import type { GatewayExposure } from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { containerResources } from "../core/footprint.ts";
import { gatewayMaximum, type RateLimits } from "../core/rate-limits.ts";
import { createCustomResource } from "./custom-resource.ts";
import type { Istio } from "./istio.ts";
import { createNamespace } from "./namespace.ts";
import { anywhere, createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { collector, namespaces } from "./places.ts";
import { hostSpread } from "./pods.ts";
import { createRateLimits } from "./rate-limits.ts";
import { createRelease } from "./release.ts";

export interface GatewayBuildSpec {
  readonly context: PlatformContext;
  readonly istio: Istio;
  readonly exposure: GatewayExposure;
  readonly replicas: number;
  readonly rateLimits: RateLimits;
  readonly services: readonly ServiceSettings[];
}

/** What routes, certificates and permissions need to know of the public gateway. */
export interface GatewayAddress {
  /** `metadata.name` of the namespace in which the gateway runs and its certificate must be. */
  readonly namespace: pulumi.Output<string>;
  /** Public host name, `api.<domain>`. */
  readonly host: string;
  /** `<namespace>/<name>` of the Gateway object, for `VirtualService.spec.gateways`. */
  readonly reference: string;
  /** Kubernetes secret in which the gateway looks for its certificate. */
  readonly certificateSecret: string;
  /** Identity of the gateway in the mesh, for AuthorizationPolicies. */
  readonly principal: string;
  /** The gateway's pods and its load balancer. */
  readonly ready: readonly pulumi.Resource[];
}

const component = "mesh";
const workload = "istio-ingressgateway";
const podLabels = { istio: "ingressgateway" };
const httpPort = 80;
const httpsPort = 443;
/** Readiness of the gateway, which kubelets ask from a node's address; load balancers try the traffic ports. */
const statusPort = 15021;
const gatewayName = "public";
const certificateSecret = "gateway-tls";

/** The public gateway: TLS 1.3 at least, HTTP only to redirect, nothing but the platform's host, and not too much of it. */
export function createGateway(
  parent: pulumi.ComponentResource,
  name: string,
  spec: GatewayBuildSpec,
): GatewayAddress {
  const { context, istio } = spec;
  const host = `api.${context.domain}`;
  const namespace = createNamespace(
    parent,
    namespaces.gateway,
    // No way to the Kubernetes API: istiod hands the gateway its certificate.
    { context, component, podSecurity: "restricted", mesh: true, traffic: {} },
    // Through Istio after the cluster's controllers: whatever made the load balancer is still there to take it away.
    { dependsOn: [...istio.ready] },
  );
  createNetworkPolicy(parent, `${name}-gateway-traffic`, {
    context,
    component,
    policyName: "gateway",
    namespace: namespace.metadata.name,
    podLabels,
    ingress: [{ from: [anywhere], ports: tcp(httpPort, httpsPort, statusPort) }],
    egress: [
      { to: [podsIn(namespaces.services)], ports: tcp(...spec.services.map((service) => service.port)) },
      { to: [podsIn(namespaces.monitoring)], ports: tcp(collector.grpcPort) },
    ],
  });
  const release = createRelease(
    parent,
    `${name}-gateway`,
    {
      context,
      chart: "istio-gateway",
      releaseName: workload,
      namespace: namespace.metadata.name,
      values: gatewayValues(spec),
    },
    { dependsOn: [...istio.ready] },
  );
  createRateLimits(parent, name, {
    context,
    istio,
    namespace: namespace.metadata.name,
    podLabels,
    limits: spec.rateLimits,
    maximumReplicas: gatewayMaximum(context.environment, spec.replicas),
  });
  buildGatewayObjects(parent, name, { context, host, namespace: namespace.metadata.name, istio });
  return {
    namespace: namespace.metadata.name,
    host,
    reference: `${namespaces.gateway}/${gatewayName}`,
    certificateSecret,
    principal: `cluster.local/ns/${namespaces.gateway}/sa/${workload}`,
    ready: [release],
  };
}

function buildGatewayObjects(
  parent: pulumi.ComponentResource,
  name: string,
  spec: { context: PlatformContext; host: string; namespace: pulumi.Output<string>; istio: Istio },
): void {
  const { context, host, namespace } = spec;
  const opts = { dependsOn: [...spec.istio.ready] };
  createCustomResource(
    parent,
    `${name}-gateway-listeners`,
    {
      context,
      component,
      namespace,
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      objectName: gatewayName,
      spec: {
        selector: podLabels,
        servers: [
          {
            port: { number: httpPort, name: "http", protocol: "HTTP" },
            hosts: [host],
            tls: { httpsRedirect: true },
          },
          {
            port: { number: httpsPort, name: "https", protocol: "HTTPS" },
            hosts: [host],
            tls: { mode: "SIMPLE", credentialName: certificateSecret, minProtocolVersion: "TLSV1_3" },
          },
        ],
      },
    },
    opts,
  );
  createCustomResource(
    parent,
    `${name}-gateway-authorization`,
    {
      context,
      component,
      namespace,
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      objectName: "gateway",
      spec: {
        selector: { matchLabels: podLabels },
        action: "ALLOW",
        rules: [{ to: [{ operation: { hosts: [host, `${host}:*`] } }] }],
      },
    },
    opts,
  );
}

function gatewayValues({ context, exposure, replicas }: GatewayBuildSpec): Record<string, unknown> {
  const maxReplicas = gatewayMaximum(context.environment, replicas);
  return {
    name: workload,
    service: {
      type: exposure.serviceType,
      ...(exposure.loadBalancerClass === undefined ? {} : { loadBalancerClass: exposure.loadBalancerClass }),
      annotations: exposure.annotations,
      // The status port stays off the Service: the load balancer asks the pods for it, the internet cannot.
      ports: [
        { name: "http2", port: httpPort, protocol: "TCP", targetPort: httpPort },
        { name: "https", port: httpsPort, protocol: "TCP", targetPort: httpsPort },
      ],
    },
    podAnnotations: {
      "prometheus.io/port": "15020",
      "prometheus.io/scrape": "true",
      "prometheus.io/path": "/stats/prometheus",
      "inject.istio.io/templates": "gateway",
      "sidecar.istio.io/inject": "true",
      ...(exposure.proxyProtocol
        ? { "proxy.istio.io/config": JSON.stringify({ gatewayTopology: { proxyProtocol: {} } }) }
        : {}),
    },
    // The chart's own default, and the seccomp profile that the restricted level asks for beside it.
    securityContext: {
      sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
      seccompProfile: { type: "RuntimeDefault" },
    },
    resources: containerResources("istio-gateway", context.environment),
    replicaCount: replicas,
    autoscaling: {
      enabled: maxReplicas > replicas,
      minReplicas: replicas,
      maxReplicas,
      targetCPUUtilizationPercentage: 70,
    },
    ...(replicas > 1 ? { podDisruptionBudget: { maxUnavailable: 1 } } : {}),
    topologySpreadConstraints: hostSpread(podLabels),
    priorityClassName: "platform-critical",
    terminationGracePeriodSeconds: 60,
  };
}
