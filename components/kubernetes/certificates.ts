import type * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs, DnsOutputs, EncryptionOutputs } from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { containerResources, type WorkloadName } from "../core/footprint.ts";
import { createCustomResource } from "./custom-resource.ts";
import type { GatewayAddress } from "./gateway.ts";
import { createNamespace } from "./namespace.ts";
import { namespaces } from "./places.ts";
import { disruptionBudget, hostSpread, pairReplicas } from "./pods.ts";
import { createRelease } from "./release.ts";

export interface CertificatesSpec {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly dns: DnsOutputs;
  readonly gateway: GatewayAddress;
}

const component = "edge";
const serviceAccount = "cert-manager";
/** Name of the ClusterIssuer whose certificates the public (on local: the cluster's users) trusts. */
const issuerName = "platform";
const acmeDirectory = "https://acme-v02.api.letsencrypt.org/directory";

interface IssuerPlace {
  readonly context: PlatformContext;
  readonly dns: DnsOutputs;
  /** `metadata.name` of cert-manager's namespace, where a ClusterIssuer looks for its secrets. */
  readonly namespace: pulumi.Output<string>;
  readonly operator: pulumi.Resource;
}

/** cert-manager, an issuer and the gateway's certificate. */
export function createCertificates(
  parent: pulumi.ComponentResource,
  name: string,
  spec: CertificatesSpec,
): { readonly ready: readonly pulumi.Resource[] } {
  const { context, cloud, cluster, encryption, dns, gateway } = spec;
  const namespace = createNamespace(parent, namespaces.certificates, {
    context,
    component,
    podSecurity: "restricted",
    mesh: false,
    // DNS-01: cert-manager asks the zone's own name servers whether the challenge is visible.
    traffic: { apiServer: true, cloud: true, publicDns: true, webhookPorts: [10250], metricsPorts: [9402] },
  });
  const identity =
    dns.zoneId === undefined
      ? undefined
      : cloud.identity(parent, `${name}-cert-manager`, {
          context,
          cluster,
          encryption,
          namespace: namespaces.certificates,
          serviceAccount,
          grants: [{ to: "dns", dns }],
        });
  const operator = createRelease(
    parent,
    `${name}-cert-manager`,
    {
      context,
      chart: "cert-manager",
      namespace: namespace.metadata.name,
      values: operatorValues(context, identity?.serviceAccountAnnotations ?? {}),
    },
    { dependsOn: [...cluster.ready, ...(identity?.ready ?? [])] },
  );
  const issuer = buildIssuer(parent, name, { context, dns, namespace: namespace.metadata.name, operator });
  createCustomResource(
    parent,
    `${name}-gateway-certificate`,
    {
      context,
      component,
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      objectName: gateway.certificateSecret,
      namespace: gateway.namespace,
      spec: {
        secretName: gateway.certificateSecret,
        dnsNames: [gateway.host],
        issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: issuerName },
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        usages: ["digital signature", "server auth"],
        revisionHistoryLimit: 3,
      },
    },
    { dependsOn: [operator, issuer] },
  );
  return { ready: [operator, issuer] };
}

function buildIssuer(parent: pulumi.ComponentResource, name: string, place: IssuerPlace): pulumi.Resource {
  const { acmeSolver } = place.dns;
  return acmeSolver === undefined
    ? buildOwnAuthority(parent, name, place)
    : buildClusterIssuer(parent, `${name}-issuer`, place, issuerName, {
        acme: {
          server: acmeDirectory,
          privateKeySecretRef: { name: "acme-account" },
          solvers: [acmeSolver],
        },
      });
}

/** A certificate authority of the cluster's own: a self-signed root, kept in a secret, which signs the rest. */
function buildOwnAuthority(
  parent: pulumi.ComponentResource,
  name: string,
  place: IssuerPlace,
): pulumi.Resource {
  const selfSigned = buildClusterIssuer(parent, `${name}-self-signed`, place, "self-signed", {
    selfSigned: {},
  });
  const authority = createCustomResource(
    parent,
    `${name}-authority`,
    {
      context: place.context,
      component,
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      objectName: "platform-authority",
      namespace: place.namespace,
      spec: {
        isCA: true,
        commonName: `${place.context.project} ${place.context.stack}`,
        secretName: "platform-authority",
        duration: "87600h",
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Never" },
        issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "self-signed" },
      },
    },
    { dependsOn: [place.operator, selfSigned] },
  );
  return buildClusterIssuer(
    parent,
    `${name}-issuer`,
    { ...place, operator: authority },
    issuerName,
    { ca: { secretName: "platform-authority" } },
    [place.operator],
  );
}

function buildClusterIssuer(
  parent: pulumi.ComponentResource,
  name: string,
  { context, operator }: IssuerPlace,
  objectName: string,
  spec: Record<string, unknown>,
  after: readonly pulumi.Resource[] = [],
): pulumi.Resource {
  return createCustomResource(
    parent,
    name,
    { context, component, apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", objectName, spec },
    { dependsOn: [operator, ...after] },
  );
}

function operatorValues(
  context: PlatformContext,
  serviceAccountAnnotations: Record<string, pulumi.Input<string>>,
): Record<string, unknown> {
  const replicas = pairReplicas(context);
  const ask = (workload: WorkloadName) => containerResources(workload, context.environment);
  const spread = (part: string) =>
    hostSpread({ "app.kubernetes.io/component": part, "app.kubernetes.io/instance": "cert-manager" });
  return {
    // Kept on uninstall: without their definitions every certificate of the cluster would go as well.
    crds: { enabled: true, keep: true },
    global: {
      priorityClassName: "platform-critical",
      leaderElection: { namespace: namespaces.certificates },
    },
    replicaCount: replicas,
    serviceAccount: { create: true, name: serviceAccount, annotations: serviceAccountAnnotations },
    resources: ask("cert-manager"),
    podDisruptionBudget: disruptionBudget(replicas),
    topologySpreadConstraints: spread("controller"),
    prometheus: { enabled: true, servicemonitor: { enabled: false } },
    webhook: {
      replicaCount: replicas,
      resources: ask("cert-manager-webhook"),
      podDisruptionBudget: disruptionBudget(replicas),
      topologySpreadConstraints: spread("webhook"),
    },
    cainjector: {
      replicaCount: 1,
      resources: ask("cert-manager-cainjector"),
    },
    startupapicheck: {
      enabled: true,
      resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
    },
  };
}
