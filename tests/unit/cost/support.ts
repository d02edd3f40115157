import { noUsage, type UsageAssumptions } from "../../../cost/assumptions.ts";
import { priceGraph } from "../../../cost/model.ts";
import { priceTable } from "../../../cost/price-table.ts";
import type { CostInputs, CostReport, CostResource, PriceTable } from "../../../cost/types.ts";

/** The day on which prices are judged: `cost/prices.json` was recorded then. */
export const today = "2026-11-23";

interface Options {
  readonly parent?: CostResource;
  readonly region?: string;
  /** Property to the resources from which its value comes. */
  readonly from?: Readonly<Record<string, readonly CostResource[]>>;
}

export function resource(
  type: string,
  name: string,
  props: Readonly<Record<string, unknown>> = {},
  { parent, region, from = {} }: Options = {},
): CostResource {
  return {
    urn: `urn:pulumi:test::market::${type}::${name}`,
    type,
    name,
    parent: parent?.urn,
    region: region ?? (type.startsWith("aws:") ? "us-east-1" : undefined),
    props,
    propertyDependencies: Object.fromEntries(
      Object.entries(from).map(([property, list]) => [property, list.map(({ urn }) => urn)]),
    ),
  };
}

export interface PriceOptions extends Partial<Omit<CostInputs, "usage">> {
  readonly usage?: Partial<UsageAssumptions>;
  readonly table?: PriceTable;
  readonly today?: string;
}

export function price(resources: readonly CostResource[], options: PriceOptions = {}): CostReport {
  const { usage, table = priceTable, spotRatio = 0.4, typicalNodeShare = 0.5 } = options;
  const inputs = { usage: { ...noUsage, ...usage }, spotRatio, typicalNodeShare };
  return priceGraph(resources, table, inputs, options.today ?? today);
}

/** Cents, so that sums of binary fractions compare. */
export const cents = (amount: number) => Math.round(amount * 100) / 100;

/** Item to USD a month at the minimum. */
export function bill(report: CostReport): Record<string, number> {
  return Object.fromEntries(report.lines.map(({ item, usdPerMonth }) => [item, cents(usdPerMonth)]));
}

export const template = resource("aws:ec2/launchTemplate:LaunchTemplate", "nodes", {
  blockDeviceMappings: [{ ebs: { volumeType: "gp3", volumeSize: 40 } }],
});

export function pool(
  name: string,
  instanceType: string,
  [minSize, maxSize]: readonly [number, number],
  capacityType = "ON_DEMAND",
): CostResource {
  const props = {
    instanceTypes: [instanceType],
    capacityType,
    scalingConfig: { minSize, maxSize },
    launchTemplate: { id: "lt-1" },
  };
  return resource("aws:eks/nodeGroup:NodeGroup", name, props, { from: { launchTemplate: [template] } });
}

export const ssd = resource("kubernetes:storage.k8s.io/v1:StorageClass", "ssd", {
  metadata: { name: "ssd", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "ebs.csi.aws.com",
  parameters: { type: "gp3" },
});
export const hdd = resource("kubernetes:storage.k8s.io/v1:StorageClass", "hdd", {
  metadata: { name: "hdd" },
  provisioner: "ebs.csi.aws.com",
  parameters: { type: "st1" },
});
