import { launchTemplate, machineType, nodeCount, type PricingContext } from "../pricing.ts";
import {
  at,
  constant,
  hoursPerMonth,
  listAt,
  numberAt,
  requiredNumber,
  requiredText,
  textAt,
  times,
  UnpricedError,
} from "../quantities.ts";
import type { CostResource, PricedItem, Scale } from "../types.ts";
import { items, type Pricer } from "./rule.ts";

/**
 * Last day of standard support of each Kubernetes minor on EKS; afterwards the hour costs six times as much, unless
 * the cluster's policy lets EKS upgrade it instead. endoflife.date/amazon-eks (2026-02, 1.36: 2026-08).
 */
const standardSupportUntil: Readonly<Record<string, string>> = {
  "1.32": "2026-03-23",
  "1.33": "2026-07-29",
  "1.34": "2026-12-02",
  "1.35": "2027-03-27",
  "1.36": "2027-08-02",
};

const controlPlane: Pricer = (resource, { today }) => {
  const extended =
    textAt(resource, "upgradePolicy.supportType") !== "STANDARD" && isPastSupport(resource, today);
  return items({
    item: extended ? "EKS control plane, extended support" : "EKS control plane",
    price: extended ? "aws.eks.cluster.extended.hour" : "aws.eks.cluster.standard.hour",
    quantity: constant(hoursPerMonth),
  });
};

/** A minor newer than the table is in support, an older one is not; without a version EKS takes a supported one. */
function isPastSupport(resource: CostResource, today: string): boolean {
  const version = textAt(resource, "version");
  if (version === undefined) return false;
  const until = standardSupportUntil[version];
  return until === undefined ? Number(version.split(".")[1]) < 32 : until < today;
}

const nodeGroup: Pricer = (group, context) => {
  const count = nodeCount(group, context.inputs.typicalNodeShare);
  const type = machineType(group, context);
  const spot = textAt(group, "capacityType") === "SPOT";
  const { spotRatio } = context.inputs;
  return items(
    {
      item: `${count.minimum} × ${type} ${spot ? "spot" : "on demand"}`,
      price: `aws.ec2.${type}.hour`,
      quantity: times(count, hoursPerMonth),
      machines: { kind: "nodes", instanceType: type, count: count.minimum, spot },
      ...(spot && { factor: { value: spotRatio, because: `${spotRatio.toFixed(2)} of on demand` } }),
    },
    ...disks(group, context, count),
    ...surplus(group, context, type, count),
    ...monitoring(group, context, count),
  );
};

/** Volumes of the nodes, from the launch template that the group names, else EKS's own of `diskSize`. */
function disks(group: CostResource, context: PricingContext, count: Scale): PricedItem[] {
  const template = launchTemplate(group, context);
  if (!template && at(group.props, "launchTemplate") !== undefined) {
    throw new UnpricedError("the launch template that the group names is not in the graph");
  }
  const mappings = template ? listAt(template.props, "blockDeviceMappings") : [];
  // Without a mapping the image's own volume is taken: 20 GiB of gp3 (EKS API reference, diskSize, 2026-11).
  const volumes =
    mappings.length > 0
      ? mappings.map((mapping) => ({
          type: at(mapping, "ebs.volumeType"),
          size: at(mapping, "ebs.volumeSize"),
        }))
      : [{ type: undefined, size: numberAt(group, "diskSize") }];
  return volumes.map(({ type = "gp3", size = 20 }) => ({
    item: `node volumes, ${size} GiB ${type} each`,
    price: `aws.ebs.${type}.storage.gbMonth`,
    quantity: times(count, Number(size)),
  }));
}

/**
 * vCPU hours above the baseline of burstable nodes. They are billed when a node's average over 24 hours is above it,
 * unless its credits are `standard`: then it is throttled instead.
 */
function surplus(group: CostResource, context: PricingContext, type: string, count: Scale): PricedItem[] {
  const family = /^(t3|t3a|t4g)\./.exec(type)?.[1];
  const template = launchTemplate(group, context);
  if (family === undefined || (template && textAt(template, "creditSpecification.cpuCredits") === "standard"))
    return [];
  const shape = context.table.instanceTypes[type];
  if (shape?.baselineCpuPercent === undefined)
    throw new UnpricedError(`the CPU baseline of ${type} is not known`);
  const { nodeCpuPercent, nodeCpuPercentAtMaximum } = context.inputs.usage;
  const { vcpu, baselineCpuPercent } = shape;
  const hours = (percent: number) => (Math.max(0, percent - baselineCpuPercent) / 100) * vcpu * hoursPerMonth;
  return [
    {
      item: `CPU credits above the ${baselineCpuPercent} % baseline`,
      price: `aws.ec2.${family === "t4g" ? "t4g" : "t3"}.cpuSurplusCredit.vcpuHour`,
      quantity: {
        minimum: count.minimum * hours(nodeCpuPercent),
        typical: count.typical * hours(nodeCpuPercent),
        maximum: count.maximum * hours(nodeCpuPercentAtMaximum),
      },
    },
  ];
}

/** Metrics every minute instead of every five are paid per instance. */
function monitoring(group: CostResource, context: PricingContext, count: Scale): PricedItem[] {
  const template = launchTemplate(group, context);
  if (!template || at(template.props, "monitoring.enabled") !== true) return [];
  return [
    { item: "detailed monitoring", price: "aws.ec2.detailedMonitoring.instanceMonth", quantity: count },
  ];
}

const instance: Pricer = (resource) => {
  const type = requiredText(resource, "instanceType");
  return items({
    item: `${type} on demand`,
    price: `aws.ec2.${type}.hour`,
    quantity: constant(hoursPerMonth),
  });
};

const volume: Pricer = (resource) => {
  const type = textAt(resource, "type") ?? "gp2";
  const size = requiredNumber(resource, "size");
  return items({
    item: `volume, ${size} GiB ${type}`,
    price: `aws.ebs.${type}.storage.gbMonth`,
    quantity: constant(size),
  });
};

export const awsCompute: Readonly<Record<string, Pricer>> = {
  "aws:eks/cluster:Cluster": controlPlane,
  "aws:eks/nodeGroup:NodeGroup": nodeGroup,
  "aws:autoscaling/group:Group": nodeGroup,
  "aws:ec2/instance:Instance": instance,
  "aws:ebs/volume:Volume": volume,
};
