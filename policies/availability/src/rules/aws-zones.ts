import { named } from "../../../shared/belongs.ts";
import { fsbp, nist, wellArchitected } from "../../../shared/frameworks.ts";
import type { Finding, FrameworkReference, GuardedResource, Rule } from "../../../shared/rule.ts";
import { numberOf } from "../../../shared/settings.ts";
import { finding, read, readList, steps } from "../../../shared/value.ts";
import { capital, zoneSettings } from "../forms.ts";

const subnetType = "aws:ec2/subnet:Subnet";
const frameworks = [nist("SC-36"), wellArchitected("REL10")];

interface ZoneForm {
  readonly name: string;
  readonly type: string;
  /** With an article: `an EKS cluster`. */
  readonly subject: string;
  /** List of subnets. */
  readonly property: string;
  readonly extra?: readonly FrameworkReference[];
  readonly effect?: string;
}

const forms: readonly ZoneForm[] = [
  {
    name: "aws-eks-cluster-zones",
    type: "aws:eks/cluster:Cluster",
    subject: "an EKS cluster",
    property: "vpcConfig.subnetIds",
  },
  {
    name: "aws-autoscaling-group-zones",
    type: "aws:autoscaling/group:Group",
    subject: "an autoscaling group",
    property: "vpcZoneIdentifiers",
    extra: [fsbp("AutoScaling.2")],
  },
  {
    name: "aws-rds-subnetgroup-zones",
    type: "aws:rds/subnetGroup:SubnetGroup",
    subject: "the subnets of a database",
    property: "subnetIds",
  },
  {
    name: "aws-elasticache-subnetgroup-zones",
    type: "aws:elasticache/subnetGroup:SubnetGroup",
    subject: "the subnets of a Redis group",
    property: "subnetIds",
  },
  {
    name: "aws-msk-cluster-zones",
    type: "aws:msk/cluster:Cluster",
    subject: "a Kafka cluster",
    property: "brokerNodeGroupInfo.clientSubnets",
    effect: "The cluster is replaced by that: make a new one beside it and mirror the topics.",
  },
];

/** Zones of a list of subnets, and whether some of it is not known yet. */
interface Zones {
  readonly zones: ReadonlySet<string>;
  readonly isOpen: boolean;
}

/**
 * Subnets of the program are counted by their zone, also where their ids are not known yet. An id of a subnet that the
 * program does not make counts as a zone of its own, because nothing here tells which it is.
 */
function zonesOf(resource: GuardedResource, property: string, resources: readonly GuardedResource[]): Zones {
  const subnets = resources.filter(({ type }) => type === subnetType);
  const [first = ""] = steps(property);
  const dependencies = Object.entries(resource.propertyDependencies)
    // What a remote component stands for has the component's own names of properties.
    .filter(([name]) => name === first || resource.propertyDependencies[first] === undefined)
    .flatMap(([, urns]) => urns);
  const sources = subnets.filter(({ urn }) => dependencies.includes(urn));
  const list = readList(resource.props, property).map(({ found }) => found);
  const isUnknown = list.some(({ state }) => state === "unknown");
  const known = list.flatMap((one) => (one.state === "value" ? [one.value] : []));
  const own = known.map((id) => {
    const subnet = subnets.find(({ props }) => props.id === id);
    return (subnet && zoneOf(subnet)) ?? String(id);
  });
  const fromSources = isUnknown ? sources.flatMap((subnet) => zoneOf(subnet) ?? []) : [];
  return { zones: new Set([...own, ...fromSources]), isOpen: isUnknown };
}

function zoneOf(subnet: GuardedResource): string | undefined {
  const found = ["availabilityZone", "availabilityZoneId"].map((name) => read(subnet.props, name));
  const value = found.find(({ state }) => state === "value");
  return value?.state === "value" ? String(value.value) : undefined;
}

function judge(
  resource: GuardedResource,
  property: string,
  { zones }: Pick<Zones, "zones">,
  least: number,
): Finding[] {
  if (zones.size >= least) return [];
  const wording = {
    required: `subnets in at least ${least} zones`,
    fix: `name a subnet of each zone in ${property}`,
  };
  const found = read(resource.props, property);
  const open = readList(resource.props, property).find((one) => one.found.state === "unknown");
  if (open) return [finding(resource, open.path, wording)];
  const actual =
    found.state === "absent" ? "absent" : `subnets in ${zones.size} zone${zones.size === 1 ? "" : "s"}`;
  return [{ resource, property, actual, ...wording }];
}

function zoneRule({ name, type, subject, property, extra = [], effect }: ZoneForm): Rule {
  return {
    name,
    kind: "stack",
    description: `${capital(subject)} must reach over three zones, so that two are left when one is lost.`,
    severity: "high",
    frameworks: [...extra, ...frameworks],
    remediation: `Name a subnet of each of three zones in ${property}. ${effect ?? "The change is made in place."}`,
    settings: zoneSettings,
    check: (resources, context) =>
      resources
        .filter((resource) => resource.type === type)
        .flatMap((resource) =>
          judge(resource, property, zonesOf(resource, property, resources), numberOf(context, "zones")),
        ),
  };
}

const vpcRule: Rule = {
  name: "aws-ec2-vpc-zones",
  kind: "stack",
  description: "A network must have subnets in three zones, so that what runs in it can be spread over them.",
  severity: "high",
  frameworks,
  remediation:
    "Add subnets in further zones. The change is made in place; what runs in the network must be given the new subnets.",
  settings: zoneSettings,
  check: (resources, context) =>
    resources
      .filter(({ type }) => type === "aws:ec2/vpc:Vpc")
      .flatMap((vpc) => {
        const subnets = resources.filter(
          (subnet) =>
            subnet.type === subnetType && named([vpc], vpc.type, subnet, "vpcId", ["id"]) !== undefined,
        );
        const least = numberOf(context, "zones");
        const wording = {
          required: `subnets in at least ${least} zones`,
          fix: "add subnets in further zones",
        };
        const zones = new Set(subnets.flatMap((subnet) => zoneOf(subnet) ?? []));
        // A network whose subnets another program makes is judged there.
        if (subnets.length === 0 || zones.size >= least) return [];
        const open = subnets.find((subnet) => read(subnet.props, "availabilityZone").state === "unknown");
        if (open) return [finding(open, "availabilityZone", wording)];
        const actual = `in ${zones.size} zone${zones.size === 1 ? "" : "s"}`;
        return [{ resource: vpc, property: "subnets", actual, ...wording }];
      }),
};

const nodeGroupType = "aws:eks/nodeGroup:NodeGroup";

const nodesRule: Rule = {
  name: "aws-eks-nodegroup-zones",
  kind: "stack",
  description:
    "The node groups of a cluster must together reach over three zones, so that pods can be spread and two zones are left when one is lost.",
  severity: "high",
  frameworks,
  remediation:
    "Name a subnet of each of three zones in subnetIds, of one node group or of one a zone. A node group is replaced by that: new nodes come before the old ones go.",
  settings: zoneSettings,
  check: (resources, context) => {
    const groups = resources.filter(({ type }) => type === nodeGroupType);
    const clusters = new Set(groups.map(clusterOf));
    return [...clusters].flatMap((cluster) => {
      const own = groups.filter((group) => clusterOf(group) === cluster);
      const [first] = own;
      if (first === undefined) return [];
      const parts = own.map((group) => ({ group, ...zonesOf(group, "subnetIds", resources) }));
      const zones = new Set(parts.flatMap((part) => [...part.zones]));
      const open = parts.find(({ isOpen }) => isOpen);
      return judge(open?.group ?? first, "subnetIds", { zones }, numberOf(context, "zones"));
    });
  },
};

/** What tells node groups of one cluster from those of another. */
function clusterOf(group: GuardedResource): string {
  const name = read(group.props, "clusterName");
  return name.state === "value"
    ? String(name.value)
    : (group.propertyDependencies.clusterName ?? []).join(" ");
}

/** That nothing stands in fewer than three zones. */
export const awsZoneRules: readonly Rule[] = [vpcRule, nodesRule, ...forms.map(zoneRule)];
