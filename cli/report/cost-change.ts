/** What a plan costs more or less than the committed figures of its stack, by component. */
import type { CostDocument } from "../cost/document.ts";

/** The committed figures: small enough to review, at list price, in USD a month. */
export interface CostFigures {
  readonly minimumUsdPerMonth: number;
  readonly typicalUsdPerMonth: number;
  readonly maximumUsdPerMonth: number;
  /** At the minimum. */
  readonly components: Readonly<Record<string, number>>;
}

export interface CostChange {
  readonly with: string;
  readonly beforeUsdPerMonth: number;
  readonly afterUsdPerMonth: number;
  /** Components that differ by a cent or more, the largest difference first. */
  readonly components: readonly {
    readonly component: string;
    readonly beforeUsdPerMonth: number;
    readonly afterUsdPerMonth: number;
  }[];
}

const cents = (amount: number) => Math.round(amount * 100) / 100;

type Lines = Pick<CostDocument, "lines" | "minimumUsdPerMonth" | "typicalUsdPerMonth" | "maximumUsdPerMonth">;

export function costFigures({ lines, ...totals }: Lines): CostFigures {
  const components = Map.groupBy(lines, (line) => line.component);
  const sums = [...components].map(([component, own]): [string, number] => [
    component,
    cents(own.reduce((sum, line) => sum + line.usdPerMonth, 0)),
  ]);
  return {
    minimumUsdPerMonth: cents(totals.minimumUsdPerMonth),
    typicalUsdPerMonth: cents(totals.typicalUsdPerMonth),
    maximumUsdPerMonth: cents(totals.maximumUsdPerMonth),
    components: Object.fromEntries(sums.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

export function costFiguresJson(figures: CostFigures): string {
  return `${JSON.stringify(figures, undefined, 2)}\n`;
}

export function costChange(before: CostFigures, after: CostFigures, comparedWith: string): CostChange {
  const names = [...new Set([...Object.keys(before.components), ...Object.keys(after.components)])].sort();
  const components = names
    .map((component) => ({
      component,
      beforeUsdPerMonth: before.components[component] ?? 0,
      afterUsdPerMonth: after.components[component] ?? 0,
    }))
    .filter((one) => Math.abs(one.afterUsdPerMonth - one.beforeUsdPerMonth) >= 0.01)
    .sort((a, b) => Math.abs(difference(b)) - Math.abs(difference(a)));
  return {
    with: comparedWith,
    beforeUsdPerMonth: before.minimumUsdPerMonth,
    afterUsdPerMonth: after.minimumUsdPerMonth,
    components,
  };
}

export const difference = (one: { readonly beforeUsdPerMonth: number; readonly afterUsdPerMonth: number }) =>
  cents(one.afterUsdPerMonth - one.beforeUsdPerMonth);
