import { named } from "../policies/shared/belongs.ts";
import type { UsageName } from "./assumptions.ts";
import { constant, groupBy, plus, requiredNumber, textAt, UnpricedError } from "./quantities.ts";
import type { CostInputs, CostResource, Price, PriceTable, Scale } from "./types.ts";

/** What a pricer may ask: prices, usage, and the rest of the graph. */
export interface PricingContext {
  readonly table: PriceTable;
  readonly inputs: CostInputs;
  /** Region of most of the resources. */
  readonly region: string;
  /** `YYYY-MM-DD`; decides which Kubernetes versions are out of standard support. */
  readonly today: string;
  /** Nodes of all groups together. */
  readonly nodes: Scale;
  /** The price under `key` in the region of `resource`; throws {@link UnpricedError} where there is none. */
  price(key: string, resource: CostResource): Price;
  /** Resources of a type in the stack's own region. */
  ofType(...types: readonly string[]): readonly CostResource[];
  /** Resources of a type in another region: the recovery copies. */
  abroad(...types: readonly string[]): readonly CostResource[];
  isAbroad(resource: CostResource): boolean;
  /** The resource of `type` that `source` names in `property`. */
  named(
    type: string,
    source: CostResource,
    property: string,
    names: readonly string[],
  ): CostResource | undefined;
  /** The part of a stack-wide amount that falls on one of `peers`, which share it evenly. */
  share(usage: UsageName, peers: readonly CostResource[]): Scale;
  /** Assumptions that some resource was priced with. */
  readonly booked: ReadonlySet<UsageName>;
}

export const nodeGroupTypes = ["aws:eks/nodeGroup:NodeGroup", "aws:autoscaling/group:Group"];
const launchTemplateType = "aws:ec2/launchTemplate:LaunchTemplate";

export function createPricing(
  resources: readonly CostResource[],
  table: PriceTable,
  inputs: CostInputs,
  today: string,
): PricingContext {
  const region = homeRegion(resources, table);
  const byType = groupBy(resources, ({ type }) => type);
  const all = (types: readonly string[]) => types.flatMap((type) => byType.get(type) ?? []);
  const isAbroad = (resource: CostResource) => resource.region !== undefined && resource.region !== region;
  const booked = new Set<UsageName>();
  return {
    table,
    inputs,
    region,
    today,
    booked,
    isAbroad,
    nodes: all(nodeGroupTypes)
      .map((group) => knownCount(group, inputs.typicalNodeShare))
      .reduce(plus, constant(0)),
    price: (key, resource) => {
      const at = resource.region ?? region;
      const found = table.prices[at === table.defaultRegion ? key : `${key}@${at}`] ?? regionless(table, key);
      if (!found) throw new UnpricedError(`no price ${key} of ${at} in cost/prices.json`);
      return found;
    },
    ofType: (...types) => all(types).filter((resource) => !isAbroad(resource)),
    abroad: (...types) => all(types).filter(isAbroad),
    named: (type, source, property, names) => {
      const candidates = (byType.get(type) ?? []).map(asGuarded);
      const urn = named(candidates, type, asGuarded(source), property, names)?.urn;
      return (byType.get(type) ?? []).find((resource) => resource.urn === urn);
    },
    share: (usage, peers) => {
      booked.add(usage);
      return constant(peers.length === 0 ? 0 : inputs.usage[usage] / peers.length);
    },
  };
}

/** What rules' helpers want beside: nothing of it is read by them here. */
const asGuarded = (resource: CostResource) => ({ ...resource, protect: false, provider: undefined });

/** A price that holds everywhere, or between a pair of regions that its key names. */
function regionless(table: PriceTable, key: string): Price | undefined {
  const price = table.prices[key];
  return price && (price.region === "global" || price.region.includes("->")) ? price : undefined;
}

/** The region that most resources are in; the table's own where none says. */
function homeRegion(resources: readonly CostResource[], table: PriceTable): string {
  const counts = new Map<string, number>();
  for (const { region } of resources)
    if (region !== undefined) counts.set(region, (counts.get(region) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? table.defaultRegion;
}

/** Nodes of one group at minimum, typical and maximum. */
export function nodeCount(group: CostResource, typicalNodeShare: number): Scale {
  const prefix = group.type === "aws:autoscaling/group:Group" ? "" : "scalingConfig.";
  const minimum = requiredNumber(group, `${prefix}minSize`);
  const maximum = requiredNumber(group, `${prefix}maxSize`);
  return { minimum, maximum, typical: Math.round(minimum + (maximum - minimum) * typicalNodeShare) };
}

/** The same for sums over groups: a group that cannot be counted is unpriced itself. */
function knownCount(group: CostResource, typicalNodeShare: number): Scale {
  try {
    return nodeCount(group, typicalNodeShare);
  } catch (error) {
    if (error instanceof UnpricedError) return constant(0);
    throw error;
  }
}

/** The launch template that a node group names; undefined where EKS writes one itself. */
export function launchTemplate(group: CostResource, context: PricingContext): CostResource | undefined {
  const found = context.named(launchTemplateType, group, "launchTemplate", ["name"]);
  if (found) return found;
  const [id, name] = [textAtQuietly(group, "launchTemplate.id"), textAtQuietly(group, "launchTemplate.name")];
  // A component that stands for its template has it under its own URN.
  return context
    .ofType(launchTemplateType)
    .find(
      (template) =>
        template.urn === group.urn ||
        (id !== undefined && textAtQuietly(template, "id") === id) ||
        (name !== undefined && textAtQuietly(template, "name") === name),
    );
}

function textAtQuietly(resource: CostResource, path: string): string | undefined {
  try {
    return textAt(resource, path);
  } catch (error) {
    if (error instanceof UnpricedError) return undefined;
    throw error;
  }
}

/** A group's machine type, `t3.xlarge`: its first, or its template's. */
export function machineType(group: CostResource, context: PricingContext): string {
  const type = textAt(group, "instanceTypes[0]");
  if (type !== undefined) return type;
  const template = launchTemplate(group, context);
  const own = template && textAt(template, "instanceType");
  if (own !== undefined) return own;
  // What EKS takes where neither says (EKS API reference, CreateNodegroup, 2026-11).
  if (group.type === "aws:eks/nodeGroup:NodeGroup") return "t3.medium";
  throw new UnpricedError("neither the group nor its launch template names an instance type");
}
