import type { CostLine } from "./types.ts";

/** One difference between two bills: a line that came, changed or went. */
export interface CostChange {
  readonly sign: "+" | "~" | "−";
  readonly component: string;
  readonly item: string;
  /** The item before, where its words changed too. */
  readonly itemBefore?: string;
  readonly beforeUsdPerMonth: number;
  readonly afterUsdPerMonth: number;
}

/** Differences under half a cent are none. */
const noise = 0.005;

/**
 * The differences from `before` to `after`, largest first, at the minimum. Lines belong together when they are of the
 * same resource (whatever the stack's name) and the same price; a resource whose machine type changed stays one line.
 */
export function compareCost(before: readonly CostLine[], after: readonly CostLine[]): CostChange[] {
  const old = keyed(before);
  const fresh = keyed(after);
  const keys = [...new Set([...old.keys(), ...fresh.keys()])];
  return keys
    .flatMap((key): CostChange[] => {
      const [from, to] = [old.get(key), fresh.get(key)];
      const [beforeUsdPerMonth, afterUsdPerMonth] = [from?.usdPerMonth ?? 0, to?.usdPerMonth ?? 0];
      if (Math.abs(afterUsdPerMonth - beforeUsdPerMonth) < noise) return [];
      const { component, item } = (to ?? from) as CostLine;
      const sign = from === undefined ? "+" : to === undefined ? "−" : "~";
      const renamed = from && to && from.item !== to.item ? { itemBefore: from.item } : {};
      return [{ sign, component, item, ...renamed, beforeUsdPerMonth, afterUsdPerMonth }];
    })
    .sort(
      (a, b) =>
        Math.abs(difference(b)) - Math.abs(difference(a)) ||
        (a.component + a.item < b.component + b.item ? -1 : 1),
    );
}

export const difference = ({ beforeUsdPerMonth, afterUsdPerMonth }: CostChange) =>
  afterUsdPerMonth - beforeUsdPerMonth;

/** Lines by what they are, a number behind those of one resource that are of the same kind. */
function keyed(lines: readonly CostLine[]): Map<string, CostLine> {
  const result = new Map<string, CostLine>();
  for (const line of lines) {
    const base = `${withoutStack(line.urn)} ${kindOf(line)}`;
    let key = base;
    for (let copy = 2; result.has(key); copy += 1) key = `${base} ${copy}`;
    result.set(key, line);
  }
  return result;
}

/** `urn:pulumi:<stack>::<project>::<types>::<name>` without the stack. */
function withoutStack(urn: string): string {
  return urn.replace(/^urn:pulumi:[^:]+::/, "");
}

/** What a line is for, whatever the machine: its price without type, engine and zones. */
function kindOf({ machines, price }: CostLine): string {
  return machines
    ? machines.kind
    : price.replace(/\.kafka\.[a-z0-9]+\.\w+\./, ".").replace(/\.(singleAz|multiAz)\./, ".");
}
