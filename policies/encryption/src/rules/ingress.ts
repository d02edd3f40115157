import { matches } from "../../../shared/exceptions.ts";
import { cisAzure, cisGcp, fsbp, nist } from "../../../shared/frameworks.ts";
import type {
  Finding,
  GuardedResource,
  ResourceRule,
  Rule,
  RuleContext,
  Setting,
} from "../../../shared/rule.ts";
import { textsOf } from "../../../shared/settings.ts";
import { finding, isObject, member, read, readList } from "../../../shared/value.ts";
import { isWorld } from "../world.ts";

/** One way in from somewhere: where the source is written, and which ports it opens. */
interface Way {
  /** Path of the range or tag of the source. */
  readonly source: string;
  /** First and last port; undefined for all. An unknown port gives undefined too: all must be assumed. */
  readonly ports: readonly (readonly [first: number, last: number])[] | undefined;
  /** The cloud takes a source that is not written for the whole internet. */
  readonly absentIsWorld?: boolean;
}

const settings: Readonly<Record<string, Setting>> = {
  gateways: {
    type: "strings",
    default: ["*gateway*", "*edge*"],
    description:
      "Logical names of what stands before the gateway and may be open to the world, * for any characters.",
  },
  ports: {
    type: "strings",
    default: ["80", "443"],
    description: "Ports that the gateway may open to the world.",
  },
};

interface IngressRule {
  readonly name: string;
  readonly type: string;
  readonly subject: string;
  readonly frameworks: ResourceRule["frameworks"];
  readonly ways: (resource: GuardedResource) => readonly Way[];
}

function ingressRule({ name, type, subject, frameworks, ways }: IngressRule): Rule {
  return {
    name,
    kind: "resource",
    types: [type],
    description: `${subject} must not let the whole internet in, except to ports 80 and 443 of the gateway.`,
    severity: "critical",
    frameworks: [...frameworks, nist("SC-7")],
    remediation:
      "Name the group, range or tag that may come in. For the public gateway itself add its logical name to the setting gateways. The change is made in place.",
    settings,
    check: (resource, context) => ways(resource).flatMap((way) => judge(resource, way, context)),
  };
}

function judge(resource: GuardedResource, way: Way, context: RuleContext): Finding[] {
  const { source, ports, absentIsWorld = false } = way;
  const found = read(resource.props, source);
  const allowed = textsOf(context, "ports");
  const isGateway = textsOf(context, "gateways").some((pattern) => matches(pattern, resource.name));
  const onlyPublic =
    ports?.every(([first, last]) => first === last && allowed.includes(String(first))) ?? false;
  if (isGateway && onlyPublic) return [];
  const wording = {
    required: isGateway
      ? `a smaller range, or only the ports ${allowed.join(" and ")}`
      : "a range smaller than the internet",
    fix: `name the group, range or tag that may come in at ${source}`,
  };
  const isOpen = found.state === "value" ? isWorld(found.value) : found.state === "unknown" || absentIsWorld;
  return isOpen ? [finding(resource, source, wording)] : [];
}

/** Ports from two properties; undefined where all are open. */
function portRange(resource: GuardedResource, protocol: string, from: string, to: string): Way["ports"] {
  const [kind, first, last] = [protocol, from, to].map((path) => read(resource.props, path));
  if (kind?.state === "value" && ["-1", "all"].includes(String(kind.value))) return undefined;
  if (first?.state !== "value" || last?.state !== "value") return undefined;
  return [[Number(first.value), Number(last.value)]];
}

/** Ports written as `443` or `8000-8100` in a list or in one property. */
function portTexts(resource: GuardedResource, paths: readonly string[]): Way["ports"] {
  const texts = paths.flatMap((path) => {
    const found = read(resource.props, path);
    if (found.state === "value" && Array.isArray(found.value)) return found.value.map(String);
    return found.state === "value" ? [String(found.value)] : [];
  });
  const ranges = texts.map((text) => /^(\d+)(?:-(\d+))?$/.exec(text));
  if (texts.length === 0 || ranges.some((range) => range === null)) return undefined;
  return ranges.map((range) => [Number(range?.[1]), Number(range?.[2] ?? range?.[1])] as const);
}

const sources = (resource: GuardedResource, lists: readonly string[], single: readonly string[] = []) => [
  ...single,
  ...lists.flatMap((list) => readList(resource.props, list).map(({ path }) => path)),
];

function securityGroupWays(resource: GuardedResource): Way[] {
  return readList(resource.props, "ingress").flatMap(({ path, found }) => {
    if (found.state === "unknown") return [{ source: path, ports: undefined }];
    const ports = portRange(resource, `${path}.protocol`, `${path}.fromPort`, `${path}.toPort`);
    return sources(resource, [`${path}.cidrBlocks`, `${path}.ipv6CidrBlocks`]).map((source) => ({
      source,
      ports,
    }));
  });
}

function azureWays(resource: GuardedResource, path: string): Way[] {
  const at = (name: string) => (path === "" ? name : member(path, name));
  const rule = path === "" ? resource.props : read(resource.props, path);
  const value = path === "" ? rule : (rule as { value?: unknown }).value;
  if (!isObject(value)) return path === "" ? [] : [{ source: path, ports: undefined }];
  if (value.access !== "Allow" || value.direction !== "Inbound") return [];
  const ports = portTexts(resource, [at("destinationPortRange"), at("destinationPortRanges")]);
  return sources(resource, [at("sourceAddressPrefixes")], [at("sourceAddressPrefix")]).map((source) => ({
    source,
    ports,
  }));
}

/** Ways in from the internet, on every cloud. */
export const ingressRules: readonly Rule[] = [
  ingressRule({
    name: "aws-ec2-securitygroup-ingress",
    type: "aws:ec2/securityGroup:SecurityGroup",
    subject: "A security group",
    frameworks: [fsbp("EC2.18"), fsbp("EC2.19")],
    ways: securityGroupWays,
  }),
  ingressRule({
    name: "aws-ec2-defaultgroup-ingress",
    type: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    subject: "The default security group of a network",
    frameworks: [fsbp("EC2.2")],
    ways: securityGroupWays,
  }),
  ingressRule({
    name: "aws-vpc-ingressrule-source",
    type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    subject: "A rule of a security group",
    frameworks: [fsbp("EC2.18"), fsbp("EC2.19")],
    ways: (resource) => {
      const ports = portRange(resource, "ipProtocol", "fromPort", "toPort");
      return ["cidrIpv4", "cidrIpv6"].map((source) => ({ source, ports }));
    },
  }),
  ingressRule({
    name: "aws-ec2-securitygrouprule-source",
    type: "aws:ec2/securityGroupRule:SecurityGroupRule",
    subject: "A rule of a security group",
    frameworks: [fsbp("EC2.18"), fsbp("EC2.19")],
    ways: (resource) => {
      const direction = read(resource.props, "type");
      if (direction.state === "value" && direction.value !== "ingress") return [];
      const ports = portRange(resource, "protocol", "fromPort", "toPort");
      return sources(resource, ["cidrBlocks", "ipv6CidrBlocks"]).map((source) => ({ source, ports }));
    },
  }),
  ingressRule({
    name: "gcp-compute-firewall-source",
    type: "gcp:compute/firewall:Firewall",
    subject: "A firewall rule",
    frameworks: [cisGcp("3.6"), cisGcp("3.7")],
    ways: (resource) => {
      const direction = read(resource.props, "direction");
      if (direction.state === "value" && direction.value === "EGRESS") return [];
      const opened = readList(resource.props, "allows").map(({ path }) =>
        portTexts(resource, [`${path}.ports`]),
      );
      if (opened.length === 0) return [];
      const ports = opened.some((one) => one === undefined) ? undefined : opened.flatMap((one) => one ?? []);
      const ranges = sources(resource, ["sourceRanges"]).map((source) => ({ source, ports }));
      const byIdentity = ["sourceTags", "sourceServiceAccounts"].some(
        (name) => readList(resource.props, name).length > 0,
      );
      return ranges.length > 0 || byIdentity
        ? ranges
        : [{ source: "sourceRanges", ports, absentIsWorld: true }];
    },
  }),
  ingressRule({
    name: "azure-network-securitygroup-source",
    type: "azure-native:network:NetworkSecurityGroup",
    subject: "A network security group",
    frameworks: [cisAzure("7.1"), cisAzure("7.2"), cisAzure("7.4")],
    ways: (resource) =>
      readList(resource.props, "securityRules").flatMap(({ path }) => azureWays(resource, path)),
  }),
  ingressRule({
    name: "azure-network-securityrule-source",
    type: "azure-native:network:SecurityRule",
    subject: "A rule of a network security group",
    frameworks: [cisAzure("7.1"), cisAzure("7.2"), cisAzure("7.4")],
    ways: (resource) => azureWays(resource, ""),
  }),
];
