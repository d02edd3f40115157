import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as eks from "@pulumi/eks";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { serviceCidr } from "../../core/cidr.ts";
import { UserError } from "../../core/errors.ts";
import { tags } from "../../core/labels.ts";
import { physicalName } from "../../core/naming.ts";
import { createMetricsServer } from "../../kubernetes/metrics-server.ts";
import { createStorageClasses } from "../../kubernetes/storage-classes.ts";
import type { ApiAccess, ClusterOutputs, ClusterSpec } from "../contract.ts";
import { addonVersion, createNodeAddons, createWorkloadAddons } from "./addons.ts";
import { createAutoscaler, createLoadBalancerController } from "./controllers.ts";
import type { AwsEnvironment } from "./environment.ts";
import { createLogGroup } from "./log-group.ts";
import { createNodeGroups } from "./node-groups.ts";

const component = "cluster";
const controlPlaneLogs = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/**
 * EKS with its nodes, add-ons and controllers, in the order in which they need each other: control plane, what runs
 * on every node, nodes, what needs nodes.
 */
export function createCluster(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ClusterSpec,
  environment: AwsEnvironment,
): ClusterOutputs {
  const clusterName = physicalName(spec.context, "eks", 100);
  const controlPlane = buildControlPlane(parent, name, spec, environment, clusterName);
  // The name is settled already; through an output of the control plane it waits for it.
  const existing = { ...spec, clusterName: controlPlane.clusterSecurityGroupId.apply(() => clusterName) };
  const nodeSecurityGroup = buildNodeSecurityGroup(parent, `${name}-nodes`, spec);
  const nodeAddons = createNodeAddons(parent, name, existing, environment);
  const nodes = createNodeGroups(
    parent,
    name,
    {
      ...existing,
      clusterSecurityGroupId: controlPlane.clusterSecurityGroupId,
      nodeSecurityGroupId: nodeSecurityGroup.id,
      dependsOn: nodeAddons,
    },
    environment,
  );
  const workloadAddons = createWorkloadAddons(parent, name, existing, environment, nodes);
  const kubeconfig = pulumi.secret(controlPlane.kubeconfigJson);
  const provider = new kubernetes.Provider(
    `${name}-kubernetes`,
    { kubeconfig, enableServerSideApply: true },
    { parent },
  );
  const running = [...nodeAddons, ...nodes, ...workloadAddons];
  const opts = { provider, dependsOn: running };
  const replicas = controllerReplicas(spec);
  const controllers = { ...existing, plainClusterName: clusterName, replicas };
  const inside = [
    ...buildStorageClasses(parent, name, spec, opts),
    createMetricsServer(parent, `${name}-metrics-server`, { context: spec.context, replicas }, opts),
    createAutoscaler(parent, name, controllers, environment, opts),
    createLoadBalancerController(parent, name, controllers, environment, opts),
  ];
  return {
    name: existing.clusterName,
    kubeconfig,
    provider,
    workloadFirewallId: nodeSecurityGroup.id,
    identityIssuer: controlPlane.oidcIssuer,
    pools: spec.pools,
    ready: [...running, ...inside],
  };
}

/** Two copies of a controller survive the loss of a node; dev is cheaper without. */
export function controllerReplicas({ context }: Pick<ClusterSpec, "context">): number {
  return context.environment === "production" || context.environment === "staging" ? 2 : 1;
}

function buildControlPlane(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ClusterSpec,
  environment: AwsEnvironment,
  clusterName: string,
): eks.Cluster {
  const { context, encryption, network } = spec;
  // EKS writes to this name; made here first, so that it is encrypted, forgets, and costs half: some 100 GB a month.
  const logs = createLogGroup(parent, `${name}-control-plane`, {
    context,
    component,
    logGroupName: `/aws/eks/${clusterName}/cluster`,
    retentionDays: spec.auditLogRetentionDays,
    encryption,
    infrequentAccess: true,
  });
  return new eks.Cluster(
    name,
    {
      name: clusterName,
      version: spec.kubernetesVersion,
      // Out of standard support EKS upgrades the minor by itself instead of charging six times the price.
      upgradePolicy: { supportType: "STANDARD" },
      vpcId: network.id,
      privateSubnetIds: [...network.privateSubnetIds],
      kubernetesServiceIpAddressRange: serviceCidr,
      ...endpointAccess(spec.apiAccess),
      authenticationMode: "API",
      accessEntries: accessEntries(spec.administrators, environment),
      encryptionConfigKeyArn: encryption.key,
      enabledClusterLogTypes: controlPlaneLogs,
      skipDefaultNodeGroup: true,
      // EKS's own group between control plane and nodes is enough; the nodes get a second one below.
      skipDefaultSecurityGroups: true,
      // Identities come from EKS Pod Identity only.
      createOidcProvider: false,
      // Every add-on is installed as one: kube-proxy and the CNI by the options here, the others in addons.ts.
      bootstrapSelfManagedAddons: false,
      kubeProxyAddonOptions: { enabled: true, version: addonVersion(parent, spec, "kube-proxy") },
      vpcCniOptions: {
        addonVersion: addonVersion(parent, spec, "vpc-cni"),
        enableNetworkPolicy: true,
        logLevel: "INFO",
      },
      deletionProtection: context.protectData,
      tags: tags(context, component, name),
    },
    {
      parent,
      // Its own provider here, the one of its children there: listed twice, the SDK calls it a conflict.
      provider: environment.eksProvider,
      providers: [environment.provider],
      dependsOn: [logs],
    },
  );
}

/** Inside the network the API is always reachable; from outside only for the listed ranges, never for the world. */
function endpointAccess(access: ApiAccess) {
  const world =
    access.mode === "restricted" ? access.allowedCidrs.find((cidr) => cidr.endsWith("/0")) : undefined;
  if (world !== undefined) {
    throw new UserError({
      path: "cluster.apiAccess.allowedCidrs",
      got: world,
      allowed: "ranges of known networks, never the whole internet",
      fix: "list the ranges of your offices and runners, or use mode: private",
    });
  }
  return access.mode === "private"
    ? { endpointPrivateAccess: true, endpointPublicAccess: false }
    : {
        endpointPrivateAccess: true,
        endpointPublicAccess: true,
        publicAccessCidrs: [...access.allowedCidrs],
      };
}

/** Administrators of the cluster by their ARN; the key keeps an entry in place when the list changes order. */
function accessEntries(
  administrators: readonly string[],
  { partition }: AwsEnvironment,
): Record<string, eks.types.input.AccessEntryArgs> {
  return Object.fromEntries(
    administrators.map((principalArn) => [
      `administrator-${createHash("sha256").update(principalArn).digest("hex").slice(0, 8)}`,
      {
        principalArn,
        accessPolicies: {
          administrator: {
            policyArn: `arn:${partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`,
            accessScope: { type: "cluster" },
          },
        },
      },
    ]),
  );
}

/**
 * A group without rules by which data stores know the nodes. Traffic between nodes, control plane and the world is
 * ruled by EKS's own group, which nodes have too; this one must not carry EKS's cluster tag, because the load
 * balancer controller accepts a single tagged group on an interface.
 */
function buildNodeSecurityGroup(
  parent: pulumi.ComponentResource,
  name: string,
  { context, network }: ClusterSpec,
): aws.ec2.SecurityGroup {
  return new aws.ec2.SecurityGroup(
    name,
    {
      vpcId: network.id,
      description: "Marks the nodes of the cluster; data stores let it in",
      tags: tags(context, component, name),
    },
    { parent },
  );
}

/** EKS's own `gp2` class is no default since 1.30, so `ssd` can be. */
function buildStorageClasses(
  parent: pulumi.ComponentResource,
  name: string,
  { context, encryption }: ClusterSpec,
  opts: pulumi.CustomResourceOptions,
) {
  const encrypted: Record<string, pulumi.Input<string>> = {
    encrypted: "true",
    "csi.storage.k8s.io/fstype": "ext4",
    ...(encryption.key ? { kmsKeyId: encryption.key } : {}),
  };
  return createStorageClasses(
    parent,
    name,
    {
      context,
      provisioner: "ebs.csi.aws.com",
      parameters: { ssd: { type: "gp3", ...encrypted }, hdd: { type: "st1", ...encrypted } },
      expandable: true,
    },
    opts,
  );
}
