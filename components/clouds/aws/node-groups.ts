import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { tags } from "../../core/labels.ts";
import type { EncryptionOutputs, NetworkOutputs, NodeCount, NodePoolSpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";

const component = "cluster";
/** Share of a group's nodes that an update of version or template may take away at once. */
const maxUnavailablePercentage = 25;

export interface NodeGroupsSpec {
  readonly context: PlatformContext;
  readonly encryption: EncryptionOutputs;
  readonly network: NetworkOutputs;
  readonly kubernetesVersion: string;
  readonly pools: readonly NodePoolSpec[];
  readonly clusterName: pulumi.Output<string>;
  /** Group of the control plane's interfaces, in which nodes and control plane talk freely; EKS keeps its rules. */
  readonly clusterSecurityGroupId: pulumi.Output<string>;
  /** The nodes' own group, by which data stores know them. */
  readonly nodeSecurityGroupId: pulumi.Output<string>;
  /** What must exist before the first node: its network and identity add-ons. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** One group of equal nodes as EKS knows it. */
export interface NodeGroupPlan {
  /** `general`, `general-spot`, `memory-us-east-1a`. */
  readonly name: string;
  readonly pool: NodePoolSpec;
  readonly capacity: "on-demand" | "spot";
  readonly count: NodeCount;
  /** The zone of a zonal group. */
  readonly zone: string | undefined;
  readonly instanceTypes: readonly string[];
}

/**
 * Which node groups the pools become: an on-demand and a spot group where they are asked for, and one of each a zone
 * where volumes tie pods to a zone, since an autoscaler cannot ask a group over several zones for a node in one.
 */
export function planNodeGroups(pools: readonly NodePoolSpec[], zones: readonly string[]): NodeGroupPlan[] {
  return pools.flatMap((pool) => {
    const onDemand = {
      capacity: "on-demand",
      count: pool.onDemand,
      instanceTypes: [pool.instanceType],
    } as const;
    const spot = pool.spot && {
      capacity: "spot" as const,
      count: pool.spot,
      instanceTypes: [...new Set([pool.instanceType, ...pool.spot.alternativeInstanceTypes])],
    };
    return [onDemand, ...(spot ? [spot] : [])].flatMap(({ capacity, count, instanceTypes }) => {
      const base = { pool, capacity, instanceTypes };
      const name = capacity === "spot" ? `${pool.name}-spot` : pool.name;
      const groups = pool.zonal
        ? zones.map((zone, index) => ({
            ...base,
            name: `${name}-${zone}`,
            zone,
            count: share(count, zones.length, index),
          }))
        : [{ ...base, name, zone: undefined, count }];
      return groups
        .map((group) => ({ ...group, count: { minimum: group.count.minimum, maximum: group.count.maximum } }))
        .filter((group) => group.count.maximum > 0);
    });
  });
}

/** Part `index` of a count that is dealt out evenly; the first parts get what does not divide. */
function share({ minimum, maximum }: NodeCount, parts: number, index: number): NodeCount {
  const part = (whole: number) => Math.floor(whole / parts) + (index < whole % parts ? 1 : 0);
  return { minimum: part(minimum), maximum: part(maximum) };
}

/** The AMI family of an instance type: Graviton types carry a `g` after the generation (`m7g`, `r6gd`, not `g5`). */
export function amiTypeOf(instanceType: string): "AL2023_ARM_64_STANDARD" | "AL2023_x86_64_STANDARD" {
  const attributes = /^[a-z]+(?:-[a-z]+)?\d+([a-z-]*)\./.exec(instanceType)?.[1] ?? "";
  return attributes.includes("g") ? "AL2023_ARM_64_STANDARD" : "AL2023_x86_64_STANDARD";
}

/** Managed node groups of every pool, on encrypted volumes, with a template each. */
export function createNodeGroups(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NodeGroupsSpec,
  environment: AwsEnvironment,
): aws.eks.NodeGroup[] {
  const { role, rights } = buildNodeRole(parent, `${name}-node`, spec, environment);
  const templates = new Map(
    spec.pools.map((pool) => [pool.name, buildLaunchTemplate(parent, `${name}-${pool.name}`, spec, pool)]),
  );
  return planNodeGroups(spec.pools, spec.network.zones).map((plan) => {
    const template = templates.get(plan.pool.name) as aws.ec2.LaunchTemplate;
    const group = buildNodeGroup(parent, `${name}-${plan.name}`, spec, plan, template, role, rights);
    buildAutoscalerTags(parent, `${name}-${plan.name}`, plan, group);
    return group;
  });
}

/** Nodes join, pull images and hand out pod identities; the network add-on has an identity of its own. */
function buildNodeRole(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NodeGroupsSpec,
  { partition }: AwsEnvironment,
) {
  const role = new aws.iam.Role(
    name,
    {
      description: "Nodes of the cluster",
      assumeRolePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "Nodes",
            Effect: "Allow",
            Principal: { Service: "ec2.amazonaws.com" },
            Action: "sts:AssumeRole",
          },
        ],
      }),
      tags: tags(spec.context, component, name),
    },
    { parent },
  );
  const rights = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"].map(
    (policy) =>
      new aws.iam.RolePolicyAttachment(
        `${name}-${policy}`,
        { role: role.name, policyArn: `arn:${partition}:iam::aws:policy/${policy}` },
        { parent },
      ),
  );
  return { role, rights };
}

function buildLaunchTemplate(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NodeGroupsSpec,
  pool: NodePoolSpec,
): aws.ec2.LaunchTemplate {
  const nodeTags = tags(spec.context, component, name);
  return new aws.ec2.LaunchTemplate(
    name,
    {
      description: `Nodes of the pool ${pool.name}`,
      updateDefaultVersion: true,
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvda",
          ebs: {
            volumeType: "gp3",
            volumeSize: pool.diskGiB,
            encrypted: "true",
            kmsKeyId: spec.encryption.key,
            deleteOnTermination: "true",
          },
        },
      ],
      // With one hop no pod behind the node's own network namespace reaches the node's credentials.
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "disabled",
      },
      vpcSecurityGroupIds: [spec.clusterSecurityGroupId, spec.nodeSecurityGroupId],
      tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
        resourceType,
        tags: nodeTags,
      })),
      tags: nodeTags,
    },
    { parent },
  );
}

/**
 * `aws.eks.NodeGroup` and not `eks.ManagedNodeGroup`: guardrails, cost and the autoscaler's tags need the group itself
 * in the graph. The change of `desiredSize` is ignored, which is all that the other's `ignoreScalingChanges` does.
 */
function buildNodeGroup(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NodeGroupsSpec,
  plan: NodeGroupPlan,
  template: aws.ec2.LaunchTemplate,
  role: aws.iam.Role,
  rights: readonly pulumi.Resource[],
): aws.eks.NodeGroup {
  const { pool, count, zone } = plan;
  const subnetIds = spec.network.privateSubnetIds.filter(
    (_, index) => zone === undefined || spec.network.zones[index] === zone,
  );
  return new aws.eks.NodeGroup(
    name,
    {
      clusterName: spec.clusterName,
      nodeRoleArn: role.arn,
      subnetIds,
      version: spec.kubernetesVersion,
      amiType: amiTypeOf(pool.instanceType),
      capacityType: plan.capacity === "spot" ? "SPOT" : "ON_DEMAND",
      instanceTypes: [...plan.instanceTypes],
      scalingConfig: { minSize: count.minimum, desiredSize: count.minimum, maxSize: count.maximum },
      updateConfig: { maxUnavailablePercentage },
      nodeRepairConfig: { enabled: true },
      launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
      labels: nodeLabels(plan),
      taints: pool.taint ? [{ ...pool.taint, effect: "NO_SCHEDULE" }] : [],
      tags: tags(spec.context, component, name),
    },
    {
      parent,
      dependsOn: [...spec.dependsOn, ...rights],
      ignoreChanges: ["scalingConfig.desiredSize"],
    },
  );
}

function nodeLabels({ pool, capacity }: NodeGroupPlan): Record<string, string> {
  return { "llm-marketplace.io/pool": pool.name, "llm-marketplace.io/capacity": capacity };
}

/**
 * What a node of the group would look like, for the autoscaler while the group has none: its labels, its taint, and
 * the zone by which the volume driver places volumes. EKS itself sets the tags by which the group is found.
 */
function buildAutoscalerTags(
  parent: pulumi.ComponentResource,
  name: string,
  plan: NodeGroupPlan,
  group: aws.eks.NodeGroup,
): void {
  const template = "k8s.io/cluster-autoscaler/node-template";
  const { taint } = plan.pool;
  const nodeTemplate: Record<string, string> = {
    ...Object.fromEntries(
      Object.entries(nodeLabels(plan)).map(([key, value]) => [`${template}/label/${key}`, value]),
    ),
    ...(plan.zone ? { [`${template}/label/topology.ebs.csi.aws.com/zone`]: plan.zone } : {}),
    ...(taint ? { [`${template}/taint/${taint.key}`]: `${taint.value}:NoSchedule` } : {}),
  };
  const autoscalingGroupName = group.resources.apply(
    (resources) => resources[0]?.autoscalingGroups?.[0]?.name ?? "",
  );
  for (const [key, value] of Object.entries(nodeTemplate)) {
    new aws.autoscaling.Tag(
      `${name}-${key.slice(template.length + 1).replaceAll(/[/.]/g, "-")}`,
      { autoscalingGroupName, tag: { key, value, propagateAtLaunch: false } },
      { parent },
    );
  }
}
