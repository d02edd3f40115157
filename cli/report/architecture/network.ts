/** Regions, networks, tiers of subnets and node pools: the boxes of the picture. */
import { at, count, type Fact, type Facts, list, span, text } from "./facts.ts";
import type { Cell, PictureGroup, PictureNode } from "./picture.ts";

/** A tier's subnets all have the same role: `public`, `private`, `data`. */
interface Tier {
  readonly id: string;
  readonly name: string;
  readonly subnets: readonly Fact[];
}

export interface Places {
  readonly groups: readonly PictureGroup[];
  readonly nodes: readonly PictureNode[];
  /** Group of the cluster; every plan has one. */
  readonly cluster: string;
  /** Group in which a region's own services stand; undefined where there are no regions. */
  readonly services: (region: string) => string | undefined;
  /** Tier whose subnets the resource uses, itself or through a subnet group; undefined for none. */
  readonly tierOf: (fact: Fact) => string | undefined;
  /** Node through which the cluster reaches the internet. */
  readonly egress: string | undefined;
  /** Tier in which the public load balancer stands. */
  readonly publicTier: string | undefined;
  readonly home: string | undefined;
}

const tierOrder = ["public", "private", "data"];

export function placesOf(facts: Facts): Places {
  const [vpc] = facts.of("aws:ec2/vpc:Vpc");
  const home = vpc?.region;
  const tiers = tiersOf(facts);
  const tierOf = tierFinder(tiers, facts);
  const clusterTier = facts
    .of("aws:eks/nodeGroup:NodeGroup")
    .map(tierOf)
    .find((tier) => tier !== undefined);
  const regions = regionsOf(facts, home);
  const nat = natNode(facts, tiers);
  return {
    groups: [
      ...regions,
      ...(vpc ? [networkGroup(vpc)] : []),
      ...tiers.map(tierGroup),
      clusterGroup(facts, clusterTier),
    ],
    nodes: nat ? [nat] : [],
    cluster: "cluster",
    services: (region) =>
      regions.some((one) => one.id === `services-${region}`) ? `services-${region}` : undefined,
    tierOf,
    egress: nat?.id,
    publicTier: tiers.find((tier) => tier.name === "public")?.id,
    home,
  };
}

/** A region, and in the home region a box for what serves all of it. */
function regionsOf(facts: Facts, home: string | undefined): PictureGroup[] {
  if (home === undefined) return [];
  const used = new Set(facts.all.filter((fact) => fact.type.startsWith("aws:")).map((fact) => fact.region));
  const others = [...used].filter((region) => region !== undefined && region !== home).sort() as string[];
  const group = (
    id: string,
    title: string,
    note: string,
    inside: string | undefined,
    kind: "region" | "tier",
  ) => ({ id, kind, title, note, group: inside, cells: [] }) as const;
  return [
    group("region", home, "AWS region", undefined, "region"),
    {
      ...group(`services-${home}`, "Regional services", "outside the network", "region", "tier"),
      arrangement: "rows",
    },
    ...others.map((region) => group(`services-${region}`, region, "recovery region", undefined, "region")),
  ];
}

function networkGroup(vpc: Fact): PictureGroup {
  const note = text(vpc.inputs.cidrBlock);
  return { id: "network", kind: "network", title: "VPC", note, group: "region", cells: [] };
}

function tiersOf(facts: Facts): Tier[] {
  const subnets = facts.of("aws:ec2/subnet:Subnet");
  const named = Map.groupBy(subnets, (subnet) => text(at(subnet.inputs, "tags", "Tier")) || "other");
  const order = (name: string) => (tierOrder.includes(name) ? tierOrder.indexOf(name) : tierOrder.length);
  return [...named]
    .map(([name, members]): Tier => ({ id: `tier-${name}`, name, subnets: members }))
    .sort((a, b) => order(a.name) - order(b.name));
}

function tierGroup(tier: Tier): PictureGroup {
  const cells = tier.subnets.map(
    (subnet): Cell => ({ title: text(subnet.inputs.availabilityZone), note: text(subnet.inputs.cidrBlock) }),
  );
  return {
    id: tier.id,
    kind: "tier",
    title: `${tier.name.slice(0, 1).toUpperCase()}${tier.name.slice(1)} subnets`,
    note: "",
    group: "network",
    cells: cells.sort((a, b) => (a.title < b.title ? -1 : 1)),
  };
}

function tierFinder(tiers: readonly Tier[], facts: Facts): (fact: Fact) => string | undefined {
  const tierOfSubnet = new Map(tiers.flatMap((tier) => tier.subnets.map((subnet) => [subnet.id, tier.id])));
  const tierOfUrn = new Map(tiers.flatMap((tier) => tier.subnets.map((subnet) => [subnet.urn, tier.id])));
  const direct = (fact: Fact) =>
    [...subnetIds(fact)].map((id) => tierOfSubnet.get(id)).find((tier) => tier !== undefined);
  return (fact) => {
    const own = direct(fact);
    if (own !== undefined) return own;
    for (const urn of fact.dependencies) {
      const dependency = facts.byUrn.get(urn);
      if (dependency?.type.toLowerCase().endsWith("subnetgroup")) {
        const inherited =
          direct(dependency) ?? dependency.dependencies.map((one) => tierOfUrn.get(one)).find(Boolean);
        if (inherited !== undefined) return inherited;
      }
    }
    return undefined;
  };
}

function subnetIds(fact: Fact): Set<string> {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value === "string" && value.startsWith("subnet-")) found.add(value);
    else if (value !== null && typeof value === "object") for (const one of Object.values(value)) look(one);
  };
  look(fact.inputs);
  return found;
}

function natNode(facts: Facts, tiers: readonly Tier[]): PictureNode | undefined {
  const gateways = facts.of("aws:ec2/natGateway:NatGateway");
  const tier = tiers.find((one) => one.name === "public");
  if (gateways.length === 0 || !tier) return undefined;
  const zones = tier.subnets.length;
  const spread = gateways.length === 1 ? `1 for ${zones} zones` : `${gateways.length}, one a zone`;
  return {
    id: "nat",
    kind: "network",
    title: gateways.length === 1 ? "NAT gateway" : "NAT gateways",
    lines: [spread],
    group: tier.id,
  };
}

function clusterGroup(facts: Facts, tier: string | undefined): PictureGroup {
  const [managed] = facts.of("eks:index:Cluster", "aws:eks/cluster:Cluster");
  if (managed) {
    const open = managed.inputs.endpointPublicAccess === true ? "public and private" : "private";
    return {
      id: "cluster",
      kind: "cluster",
      title: `Kubernetes ${text(managed.inputs.version)}`,
      note: `EKS, ${open} API endpoint`,
      group: tier,
      cells: poolCells(facts),
    };
  }
  const context = facts
    .of("pulumi:providers:kubernetes")
    .map((provider) => text(provider.inputs.context))
    .find((one) => one !== "");
  const note = context === undefined ? "existing cluster" : `context ${context}`;
  return { id: "cluster", kind: "cluster", title: "Kubernetes", note, group: tier, cells: [] };
}

/** Node pools by their label; groups of one pool (a zone each, or spot beside on demand) are one cell. */
function poolCells(facts: Facts): Cell[] {
  const groups = facts.of("aws:eks/nodeGroup:NodeGroup");
  const pools = Map.groupBy(
    groups,
    (group) => text(at(group.inputs, "labels", "llm-marketplace.io/pool")) || group.name,
  );
  return [...pools].map(([pool, members]): Cell => {
    const ordered = members.toSorted(
      (a, b) => Number(a.inputs.capacityType === "SPOT") - Number(b.inputs.capacityType === "SPOT"),
    );
    const types = [...new Set(ordered.flatMap((group) => list(group.inputs.instanceTypes).map(text)))];
    const capacity = (spot: boolean) => {
      const some = members.filter((group) => (group.inputs.capacityType === "SPOT") === spot);
      const sum = (key: string) =>
        some.reduce((total, group) => total + (count(at(group.inputs, "scalingConfig", key)) ?? 0), 0);
      return some.length === 0
        ? []
        : [`${span(sum("minSize"), sum("maxSize"))}${spot ? " spot" : " on demand"}`];
    };
    const shown = types.length > 1 ? `${types[0]} and ${types.length - 1} more` : (types[0] ?? "");
    return { title: `${pool} pool, ${shown}`, note: [...capacity(false), ...capacity(true)].join(", ") };
  });
}
