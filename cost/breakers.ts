import { priceGraph } from "./model.ts";
import { nodeGroupTypes } from "./pricing.ts";
import { at, UnpricedError } from "./quantities.ts";
import type { CostInputs, CostResource, PriceTable } from "./types.ts";

/** A change that people ask for, with what it would cost: found by pricing the changed graph. */
export interface Breaker {
  readonly change: string;
  /** More than now, at the minimum. */
  readonly usdPerMonth: number;
  /** The stack's total with the change. */
  readonly totalUsdPerMonth: number;
}

/** Services that a cluster without a way out would need beside S3's free gateway endpoint. */
const endpointServices = ["ecr.api", "ecr.dkr", "ec2", "sts", "logs", "secretsmanager", "kms"];

/** What would strain the budget: one more node of each pool, interface endpoints, extended Kubernetes support. */
export function breakers(
  resources: readonly CostResource[],
  table: PriceTable,
  inputs: CostInputs,
  today: string,
): Breaker[] {
  const now = priceGraph(resources, table, inputs, today);
  const price = (change: string, changed: readonly CostResource[]): Breaker => {
    const { minimumUsdPerMonth } = priceGraph(changed, table, inputs, today);
    return {
      change,
      usdPerMonth: minimumUsdPerMonth - now.minimumUsdPerMonth,
      totalUsdPerMonth: minimumUsdPerMonth,
    };
  };
  return [
    ...biggestGroups(resources).map((group) =>
      price(
        `one more node (${ordinal(now.nodes.minimum + 1)}): ${group.name}`,
        replaced(resources, group, withMinimum(group)),
      ),
    ),
    ...endpoints(resources).map((changed) =>
      price(`interface endpoints for ${endpointServices.join(", ")}`, changed),
    ),
    ...extended(resources).map((changed) => price("Kubernetes out of standard support", changed)),
  ];
}

/** One group of each machine type and way of paying, with the most nodes. */
function biggestGroups(resources: readonly CostResource[]): CostResource[] {
  const kinds = new Map<string, CostResource>();
  for (const group of resources.filter(({ type }) => nodeGroupTypes.includes(type))) {
    const kind = `${quietly(group, "instanceTypes[0]")} ${quietly(group, "capacityType")}`;
    const known = kinds.get(kind);
    if (!known || minimumOf(group) > minimumOf(known)) kinds.set(kind, group);
  }
  return [...kinds.values()];
}

const minimumOf = (group: CostResource) => Number(quietly(group, "scalingConfig.minSize") ?? 0);

/** For descriptions only: what is not known yet is priced, or reported, elsewhere. */
function quietly({ props }: CostResource, path: string): unknown {
  try {
    return at(props, path);
  } catch (error) {
    if (error instanceof UnpricedError) return undefined;
    throw error;
  }
}

function withMinimum(group: CostResource): CostResource {
  const scaling = quietly(group, "scalingConfig") as Record<string, unknown> | undefined;
  const minSize = minimumOf(group) + 1;
  const maxSize = Math.max(minSize, Number(scaling?.maxSize ?? 0));
  return { ...group, props: { ...group.props, scalingConfig: { ...scaling, minSize, maxSize } } };
}

function replaced(
  resources: readonly CostResource[],
  old: CostResource,
  fresh: CostResource,
): CostResource[] {
  return resources.map((resource) => (resource === old ? fresh : resource));
}

/** The graph with an endpoint of each service in every private subnet's zone; nothing where there is no network. */
function endpoints(resources: readonly CostResource[]): CostResource[][] {
  const network = resources.find(({ type }) => type === "aws:ec2/vpc:Vpc");
  const zones = new Set(
    resources
      .filter(({ type }) => type === "aws:ec2/subnet:Subnet")
      .map((subnet) => quietly(subnet, "availabilityZone")),
  ).size;
  if (!network || zones === 0) return [];
  const added = endpointServices.map(
    (service): CostResource => ({
      ...network,
      urn: `${network.urn}$${service}`,
      type: "aws:ec2/vpcEndpoint:VpcEndpoint",
      name: service,
      parent: network.urn,
      props: {
        vpcEndpointType: "Interface",
        subnetIds: Array.from({ length: zones }, (_, index) => `zone-${index}`),
      },
      propertyDependencies: {},
    }),
  );
  return [[...resources, ...added]];
}

/** The graph with a Kubernetes minor that is out of standard support and stays; nothing where there is no cluster. */
function extended(resources: readonly CostResource[]): CostResource[][] {
  const cluster = resources.find(({ type }) => type === "aws:eks/cluster:Cluster");
  if (!cluster) return [];
  const props = { ...cluster.props, version: "1.32", upgradePolicy: { supportType: "EXTENDED" } };
  return [replaced(resources, cluster, { ...cluster, props })];
}

/** `13th`. */
function ordinal(number: number): string {
  const last = number % 10;
  const teen = Math.floor((number % 100) / 10) === 1;
  return `${number}${teen ? "th" : (["th", "st", "nd", "rd"][last] ?? "th")}`;
}
