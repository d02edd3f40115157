import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { tags } from "../../core/labels.ts";
import type { EncryptionOutputs } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";
import { volumeKeyStatements } from "./grants.ts";
import { associatePodRole, createPodRole } from "./pod-role.ts";

const component = "cluster";
const namespace = "kube-system";

export interface AddonsSpec {
  readonly context: PlatformContext;
  readonly encryption: EncryptionOutputs;
  readonly clusterName: pulumi.Output<string>;
  readonly kubernetesVersion: string;
}

/**
 * EKS's default version of an add-on for a Kubernetes minor: EKS tests that pair, it moves with the minor, and unlike
 * the newest it does not change between two runs whenever something is released.
 */
export function addonVersion(
  parent: pulumi.ComponentResource,
  { kubernetesVersion }: Pick<AddonsSpec, "kubernetesVersion">,
  addonName: string,
): pulumi.Output<string> {
  return aws.eks.getAddonVersionOutput({ addonName, kubernetesVersion }, { parent }).version;
}

/**
 * What must run on a node from its first second: the agent that hands out pod identities, and the identity of the
 * VPC CNI, so that the nodes' own role needs no right over network interfaces. The CNI itself comes with
 * `eks.Cluster`. Both are ready while the cluster has no node.
 */
export function createNodeAddons(
  parent: pulumi.ComponentResource,
  name: string,
  spec: AddonsSpec,
  environment: AwsEnvironment,
): pulumi.Resource[] {
  const agent = buildAddon(parent, `${name}-pod-identity-agent`, spec, "eks-pod-identity-agent");
  const roleName = `${name}-vpc-cni`;
  const roleSpec = {
    ...spec,
    component,
    namespace,
    serviceAccount: "aws-node",
    statements: [],
    managedPolicies: ["AmazonEKS_CNI_Policy"],
  };
  const podRole = createPodRole(parent, roleName, roleSpec, environment);
  return [agent, associatePodRole(parent, roleName, roleSpec, podRole)];
}

/** Add-ons whose pods need nodes to become ready: cluster DNS and the driver of EBS volumes. */
export function createWorkloadAddons(
  parent: pulumi.ComponentResource,
  name: string,
  spec: AddonsSpec,
  environment: AwsEnvironment,
  nodes: readonly pulumi.Resource[],
): pulumi.Resource[] {
  const dns = buildAddon(parent, `${name}-coredns`, spec, "coredns", { dependsOn: [...nodes] });
  return [dns, buildVolumeDriver(parent, `${name}-ebs-csi`, spec, environment, nodes)];
}

function buildVolumeDriver(
  parent: pulumi.ComponentResource,
  name: string,
  spec: AddonsSpec,
  environment: AwsEnvironment,
  nodes: readonly pulumi.Resource[],
): aws.eks.Addon {
  const { context, encryption } = spec;
  const serviceAccount = "ebs-csi-controller-sa";
  const { role, rights } = createPodRole(
    parent,
    name,
    {
      ...spec,
      component,
      namespace,
      serviceAccount,
      statements: volumeKeyStatements({ context, encryption, environment }),
      managedPolicies: ["service-role/AmazonEBSCSIDriverPolicy"],
    },
    environment,
  );
  const { Name: _, ...volumeTags } = tags(context, component, name);
  return buildAddon(
    parent,
    name,
    spec,
    "aws-ebs-csi-driver",
    { dependsOn: [...nodes, ...rights] },
    {
      podIdentityAssociations: [{ serviceAccount, roleArn: role.arn }],
      // Volumes made by claims carry the stack's tags, which backups and cost reports go by.
      configurationValues: JSON.stringify({ controller: { extraVolumeTags: volumeTags } }),
    },
  );
}

function buildAddon(
  parent: pulumi.ComponentResource,
  name: string,
  spec: AddonsSpec,
  addonName: string,
  opts: pulumi.CustomResourceOptions = {},
  args: Partial<aws.eks.AddonArgs> = {},
): aws.eks.Addon {
  return new aws.eks.Addon(
    name,
    {
      clusterName: spec.clusterName,
      addonName,
      addonVersion: addonVersion(parent, spec, addonName),
      resolveConflictsOnCreate: "OVERWRITE",
      resolveConflictsOnUpdate: "OVERWRITE",
      tags: tags(spec.context, component, name),
      ...args,
    },
    { parent, ...opts },
  );
}
