import { groupBy } from "./quantities.ts";
import type { Commitment, Committable, CostLine, PriceTable } from "./types.ts";

/** What a commitment takes off the list price (negative), or what its unused part costs (positive), as a line of its own. */
export interface CommitmentLine {
  readonly covers: Committable;
  readonly item: string;
  readonly usdPerMonth: number;
}

/**
 * What one-year commitments take off the bill. Each covers its machines at the highest price first, on-demand ones
 * only: spot nodes cannot be committed. A commitment for more machines than run is paid all the same, so the surplus is
 * a line that costs, at the price of the cheapest machine of its kind.
 */
export function commitmentLines(
  lines: readonly CostLine[],
  commitments: readonly Commitment[],
  table: PriceTable,
): CommitmentLine[] {
  return commitments.flatMap(({ covers, count }) => {
    const eligible = lines
      .flatMap((line) => eligibleMachines(line, covers, table))
      .sort((a, b) => b.usdEach - a.usdEach || (a.item < b.item ? -1 : 1));
    const result: CommitmentLine[] = [];
    let left = count;
    for (const [item, group] of groupBy(eligible, (one) => one.item)) {
      const running = group.reduce((sum, one) => sum + one.count, 0);
      const machines = Math.min(left, running);
      const [{ usdEach, ratio }] = group as [Eligible];
      if (machines === 0) break;
      left -= machines;
      result.push({
        covers,
        item: `one year, no upfront: ${machines} × ${item}`,
        usdPerMonth: -machines * usdEach * (1 - ratio),
      });
    }
    const cheapest = eligible.at(-1);
    if (left > 0) {
      result.push({
        covers,
        item: `one year, no upfront: ${left} for ${covers} that do not run at the minimum`,
        usdPerMonth: cheapest ? left * cheapest.usdEach * cheapest.ratio : 0,
      });
    }
    return result;
  });
}

/** Machines of one price that a commitment can cover. */
interface Eligible {
  /** Type and committed share, `t4g.xlarge at 0.625 of on demand`. */
  readonly item: string;
  readonly count: number;
  readonly usdEach: number;
  readonly ratio: number;
}

function eligibleMachines(line: CostLine, covers: Committable, table: PriceTable): Eligible[] {
  const { machines } = line;
  if (machines === undefined || machines.kind !== covers || machines.spot || machines.count === 0) return [];
  const ratio = ratioOf(line, covers, table);
  const item = `${machines.instanceType} at ${ratio.toFixed(3)} of on demand`;
  return [{ item, count: machines.count, usdEach: line.usdPerMonth / machines.count, ratio }];
}

/** Committed price as a share of on demand: the type's own, else its family's, else the most careful one known. */
function ratioOf(line: CostLine, covers: Committable, table: PriceTable): number {
  const type = line.machines?.instanceType ?? "";
  const zones = line.price.includes(".multiAz.") ? "multiAz" : "singleAz";
  const family = type.split(".").slice(0, -1).join(".");
  const keys: Readonly<Record<Committable, readonly string[]>> = {
    nodes: [
      `aws.ec2.reserved.standard.1yr.noUpfront.${family}`,
      "aws.ec2.reserved.standard.1yr.noUpfront.other",
    ],
    postgres: [
      `aws.rds.reserved.1yr.noUpfront.${type}.${zones}`,
      `aws.rds.reserved.1yr.noUpfront.${family}.${zones}`,
      "aws.rds.reserved.1yr.noUpfront.other",
    ],
    redis: [`aws.elasticache.reserved.1yr.noUpfront.${line.price.includes(".valkey.") ? "valkey" : "redis"}`],
  };
  const found = keys[covers].map((key) => table.ratios[key]?.value).find((value) => value !== undefined);
  return found ?? 1;
}
