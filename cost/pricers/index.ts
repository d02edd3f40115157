import { UnpricedError } from "../quantities.ts";
import type { CostResource } from "../types.ts";
import { awsCompute } from "./aws-compute.ts";
import { awsFree } from "./aws-free.ts";
import { awsNetwork } from "./aws-network.ts";
import { awsOperations } from "./aws-operations.ts";
import { awsStores } from "./aws-stores.ts";
import { kubernetes } from "./kubernetes.ts";
import { alwaysFree, type Pricer } from "./rule.ts";

const table: Readonly<Record<string, Pricer>> = {
  ...awsFree,
  ...awsCompute,
  ...awsNetwork,
  ...awsStores,
  ...awsOperations,
};

const computed = alwaysFree("a value that the program computes; nothing runs for it");

/** The price rule of a resource; one that reports it as unpriced where the model has none. */
export function pricerOf({ type }: CostResource): Pricer {
  if (type.startsWith("kubernetes:")) return kubernetes;
  if (/^(random|tls|time):/.test(type)) return computed;
  return table[type] ?? unknownType;
}

const unknownType: Pricer = ({ type }) => {
  throw new UnpricedError(`no price rule for ${type}: add one in cost/pricers/`);
};
