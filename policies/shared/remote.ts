import type { GuardedResource } from "./rule.ts";
import { isObject, isUnknown, unknownText } from "./value.ts";

/**
 * Components that live in a plugin of their own (`eks:index:*`) make resources that a plan without the plugin does not
 * see. There each component is judged as the resources that it would make, worked out from its arguments; where the
 * real ones are in the graph, they alone are judged. Taken from pulumi-eks, nodejs/eks/nodes/nodegroup.ts and
 * nodejs/eks/cluster/cluster.ts (7bf0c1b1, 2026-08-12).
 */
const standIns: Readonly<Record<string, (component: GuardedResource) => GuardedResource[]>> = {
  "eks:index:Cluster": clusterStandIns,
  "eks:index:ManagedNodeGroup": managedNodeGroupStandIns,
  "eks:index:Addon": (component) => [standIn(component, "aws:eks/addon:Addon", component.props)],
};

/** Types that a component may stand for: rules of these types must be asked about whole stacks too. */
export const stoodForTypes: ReadonlySet<string> = new Set([
  "aws:eks/cluster:Cluster",
  "aws:eks/nodeGroup:NodeGroup",
  "aws:ec2/launchTemplate:LaunchTemplate",
  "aws:autoscaling/group:Group",
  "aws:eks/addon:Addon",
]);

/**
 * The resources to judge and to price: components without children in the graph are replaced by what they stand for,
 * all with the component's URN and name. Everything else stays as it is.
 */
export function standFor(resources: readonly GuardedResource[]): GuardedResource[] {
  const parents = new Set(resources.map(({ parent }) => parent));
  return resources.flatMap((resource) => {
    const stands = standIns[resource.type];
    return stands === undefined || parents.has(resource.urn) ? [resource] : stands(visible(resource));
  });
}

/** Arguments by which it is seen whether a component shows any; it may be registered before they are known. */
const telling = [
  "vpcId",
  "privateSubnetIds",
  "publicSubnetIds",
  "subnetIds",
  "version",
  "cluster",
  "clusterName",
];
const judged = [
  ...telling,
  "encryptionConfigKeyArn",
  "endpointPublicAccess",
  "launchTemplate",
  "scalingConfig",
];

function visible(component: GuardedResource): GuardedResource {
  if (telling.some((name) => component.props[name] !== undefined)) return component;
  const unknown = Object.fromEntries(judged.map((name) => [name, unknownText]));
  // Nodes that it would make by default are not judged by guesswork.
  return { ...component, props: { skipDefaultNodeGroup: true, ...unknown, ...component.props } };
}

/** Only the resources that a component stands for, for where the engine has judged all others one by one already. */
export function onlyStandIns(resources: readonly GuardedResource[]): GuardedResource[] {
  const real = new Set(resources);
  return standFor(resources).filter((resource) => !real.has(resource));
}

function standIn(
  component: GuardedResource,
  type: string,
  props: Readonly<Record<string, unknown>>,
): GuardedResource {
  return { ...component, type, props };
}

function clusterStandIns(component: GuardedResource): GuardedResource[] {
  const { props } = component;
  const cluster = standIn(component, "aws:eks/cluster:Cluster", {
    ...pick(props, [
      "name",
      "version",
      "upgradePolicy",
      "enabledClusterLogTypes",
      "deletionProtection",
      "tags",
    ]),
    vpcConfig: pick(props, [
      "endpointPrivateAccess",
      "endpointPublicAccess",
      "publicAccessCidrs",
      ["privateSubnetIds", "subnetIds"],
      "vpcId",
    ]),
    ...(props.authenticationMode !== undefined && {
      accessConfig: { authenticationMode: props.authenticationMode },
    }),
    ...(props.encryptionConfigKeyArn !== undefined && {
      encryptionConfig: { provider: { keyArn: props.encryptionConfigKeyArn }, resources: ["secrets"] },
    }),
  });
  const isAuto = isObject(props.autoMode) && props.autoMode.enabled === true;
  const hasNodes = props.skipDefaultNodeGroup !== true && !props.fargate && !isAuto;
  return hasNodes ? [cluster, ...defaultNodes(component)] : [cluster];
}

/** The nodes that the component makes unless told not to: an autoscaling group of its own with a template. */
function defaultNodes(component: GuardedResource): GuardedResource[] {
  const { props } = component;
  const options = isObject(props.nodeGroupOptions) ? props.nodeGroupOptions : {};
  const of = (name: string) => options[name] ?? props[name];
  const encrypted = of("nodeRootVolumeEncrypted");
  const ebs = defined({
    encrypted: encrypted === undefined ? undefined : String(encrypted),
    volumeSize: of("nodeRootVolumeSize"),
    volumeType: of("nodeRootVolumeType"),
  });
  return [
    standIn(
      component,
      "aws:ec2/launchTemplate:LaunchTemplate",
      defined({
        instanceType: of("instanceType") ?? "t3.medium",
        // Where nothing is said of the disk, the image's own unencrypted one is used.
        blockDeviceMappings: Object.keys(ebs).length === 0 ? undefined : [{ deviceName: "/dev/xvda", ebs }],
        metadataOptions: of("metadataOptions"),
      }),
    ),
    standIn(component, "aws:autoscaling/group:Group", {
      minSize: of("minSize") ?? 1,
      desiredCapacity: of("desiredCapacity") ?? 2,
      maxSize: of("maxSize") ?? 2,
      vpcZoneIdentifiers: of("nodeSubnetIds") ?? props.privateSubnetIds,
    }),
  ];
}

/** Arguments for which a managed node group writes a launch template; without them EKS's own defaults hold. */
const templateArguments = [
  "amiId",
  "bootstrapExtraArgs",
  "bottlerocketSettings",
  "enableEfaSupport",
  "enableIMDSv2",
  "kubeletExtraArgs",
  "nodeadmExtraOptions",
  "userData",
];

function managedNodeGroupStandIns(component: GuardedResource): GuardedResource[] {
  const { props } = component;
  const sizes = isObject(props.scalingConfig) ? props.scalingConfig : {};
  const hasTemplate =
    props.launchTemplate === undefined && templateArguments.some((name) => props[name] !== undefined);
  const group = standIn(component, "aws:eks/nodeGroup:NodeGroup", {
    ...pick(props, [
      "amiType",
      "capacityType",
      "clusterName",
      "diskSize",
      "instanceTypes",
      "labels",
      "launchTemplate",
      "nodeRoleArn",
      "subnetIds",
      "tags",
      "taints",
      "version",
    ]),
    scalingConfig: isUnknown(props.scalingConfig)
      ? props.scalingConfig
      : { desiredSize: sizes.desiredSize ?? 2, minSize: sizes.minSize ?? 1, maxSize: sizes.maxSize ?? 2 },
    ...(hasTemplate && { launchTemplate: { id: `${component.name}-launchTemplate`, version: "1" } }),
  });
  if (!hasTemplate) return [group];
  const tokens = props.enableIMDSv2 === true ? "required" : "optional";
  return [
    group,
    // The template that the component writes encrypts no disk, and lets pods reach the metadata service.
    standIn(
      component,
      "aws:ec2/launchTemplate:LaunchTemplate",
      defined({
        blockDeviceMappings:
          props.diskSize === undefined
            ? undefined
            : [{ deviceName: "/dev/xvda", ebs: { volumeSize: props.diskSize } }],
        metadataOptions:
          props.enableIMDSv2 === undefined ? undefined : { httpTokens: tokens, httpPutResponseHopLimit: 2 },
      }),
    ),
  ];
}

function defined(props: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined));
}

function pick(
  props: Readonly<Record<string, unknown>>,
  names: readonly (string | readonly [from: string, to: string])[],
): Record<string, unknown> {
  const pairs = names.map((name) => (typeof name === "string" ? ([name, name] as const) : name));
  return Object.fromEntries(
    pairs.filter(([from]) => props[from] !== undefined).map(([from, to]) => [to, props[from]]),
  );
}
