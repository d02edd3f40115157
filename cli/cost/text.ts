/** The cost of a stack for a terminal. */
import { difference } from "../../cost/compare.ts";
import type { CostDocument, CostDocumentLine } from "./document.ts";

interface TextOptions {
  readonly colours: boolean;
}

/** `2,958.00`. */
export const usd = (amount: number) =>
  amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** The verdict in a few lines, for the plan. */
export function formatSummary(cost: CostDocument, options: TextOptions): string {
  return [...verdict(cost, options), gaps(cost)].join("\n");
}

/** Everything: lines by component, totals, savings, what would break the budget, warnings. */
export function formatCost(cost: CostDocument, options: TextOptions): string {
  const sections = [
    table(cost, options),
    verdict(cost, options).join("\n"),
    spotLines(cost),
    optimisedLines(cost),
    breakerLines(cost),
    cost.unpriced.map(({ urn, reason }) => `  unpriced: ${urn.split("::").at(-1)}: ${reason}`).join("\n"),
    warningLines(cost),
    gaps(cost),
  ];
  return sections.filter((section) => section !== "").join("\n\n");
}

/** The differences line by line: `+` came, `~` changed, `−` went. */
export function formatComparison(cost: CostDocument, options: TextOptions): string {
  const { comparison } = cost;
  if (!comparison) return "";
  const { beforeUsdPerMonth, afterUsdPerMonth, changes } = comparison;
  const total = `${usd(beforeUsdPerMonth)} → ${usd(afterUsdPerMonth)}, ${signed(afterUsdPerMonth - beforeUsdPerMonth)}`;
  const colourOf = { "+": 31, "~": 33, "−": 32 } as const;
  return [
    `${cost.stack} compared with ${comparison.with}, USD a month at the minimum: ${total}`,
    ...(changes.length === 0 ? ["  no line differs"] : []),
    ...changes.map((change) => {
      const item = change.itemBefore === undefined ? change.item : `${change.itemBefore} → ${change.item}`;
      const line = `${change.sign} ${signed(difference(change)).padStart(11)}  ${change.component}: ${item}`;
      return options.colours ? `\u001b[${colourOf[change.sign]}m${line}\u001b[0m` : line;
    }),
  ].join("\n");
}

const signed = (amount: number) => `${amount < 0 ? "−" : "+"}${usd(Math.abs(amount))}`;

function bold(text: string, { colours }: TextOptions): string {
  return colours ? `\u001b[1m${text}\u001b[0m` : text;
}

interface Row {
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  readonly unitPriceUsd: number;
  readonly amounts: readonly [minimum: number, typical: number, maximum: number];
}

function table({ lines }: CostDocument, options: TextOptions): string {
  const components = Map.groupBy(lines, ({ component }) => component);
  const sums = [...components].map(([component, own]) => ({ component, own, amounts: sum(own) }));
  sums.sort((a, b) => b.amounts[0] - a.amounts[0] || (a.component < b.component ? -1 : 1));
  const rows = new Map(sums.map(({ component, own }) => [component, rowsOf(own)]));
  const width = Math.max(20, ...[...rows.values()].flat().map(({ item }) => item.length + 2));
  const amounts = (list: Row["amounts"]) => list.map((amount) => usd(amount).padStart(11)).join("");
  const head = `${"component and item".padEnd(width)}${"quantity".padStart(11)} ${"unit".padEnd(19)}${"price".padStart(9)}`;
  return [
    bold(`${head}${["minimum", "typical", "maximum"].map((text) => text.padStart(11)).join("")}`, options),
    ...sums.flatMap(({ component, amounts: total }) => [
      bold(`${component.padEnd(width + 40)}${amounts(total)}`, options),
      ...(rows.get(component) ?? []).map(
        ({ item, quantity, unit, unitPriceUsd, amounts: own }) =>
          `${`  ${item}`.padEnd(width)}${number(quantity).padStart(11)} ${unit.padEnd(19)}${price(unitPriceUsd).padStart(9)}${amounts(own)}`,
      ),
    ]),
  ].join("\n");
}

/** Lines of the same item and price, added up, the dearest first. What costs nothing is left out. */
function rowsOf(lines: readonly CostDocumentLine[]): Row[] {
  const same = Map.groupBy(lines, ({ item, unitPriceUsd }) => `${item} ${unitPriceUsd}`);
  return [...same.values()]
    .map((list): Row => {
      const [{ item, unit, unitPriceUsd }] = list as [CostDocumentLine];
      return {
        item: list.length > 1 ? `${item} (${list.length} times)` : item,
        quantity: list.reduce((total, line) => total + line.quantity, 0),
        unit,
        unitPriceUsd,
        amounts: sum(list),
      };
    })
    .filter(({ amounts }) => amounts.some((amount) => amount >= 0.005))
    .sort((a, b) => b.amounts[0] - a.amounts[0] || (a.item < b.item ? -1 : 1));
}

function sum(lines: readonly CostDocumentLine[]): [number, number, number] {
  return lines.reduce(
    ([minimum, typical, maximum], line) => [
      minimum + line.usdPerMonth,
      typical + line.typicalUsdPerMonth,
      maximum + line.maximumUsdPerMonth,
    ],
    [0, 0, 0] as [number, number, number],
  );
}

const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });
const price = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 5 });

function verdict(cost: CostDocument, options: TextOptions): string[] {
  const { nodes, optimised } = cost;
  const against = (amount: number, limit: number, name: string) =>
    amount <= limit
      ? `of ${usd(limit)} ${name}, ${usd(limit - amount)} left`
      : `OVER the ${name} of ${usd(limit)} by ${usd(amount - limit)}`;
  const line = (name: string, amount: number, text: string) =>
    `  ${name.padEnd(10)}${usd(amount).padStart(11)}  ${text}`;
  if (cost.lines.length === 0 && cost.unpriced.length === 0) {
    return [bold(`Cost of ${cost.stack}: nothing is paid to a cloud`, options)];
  }
  return [
    bold(
      `Cost of ${cost.stack}, USD a month, ${cost.region}, list prices of ${cost.priceDate} and later`,
      options,
    ),
    line(
      "minimum",
      cost.minimumUsdPerMonth,
      `${nodes.minimum} nodes, ${against(cost.minimumUsdPerMonth, cost.budgetUsdPerMonth, "budget")}`,
    ),
    line("typical", cost.typicalUsdPerMonth, `${nodes.typical} nodes${perMillion(cost)}`),
    line(
      "maximum",
      cost.maximumUsdPerMonth,
      `${nodes.maximum} nodes, ${against(cost.maximumUsdPerMonth, cost.ceilingUsdPerMonth, "ceiling")}`,
    ),
    ...(optimised
      ? [
          line(
            "optimised",
            optimised.withoutCommitmentsUsdPerMonth,
            `${nodes.minimum} nodes, without commitments`,
          ),
          line(
            "",
            optimised.usdPerMonth,
            `with commitments${optimised.budgetUsdPerMonth === null ? "" : `, ${against(optimised.usdPerMonth, optimised.budgetUsdPerMonth, "budget")}`}`,
          ),
        ]
      : []),
  ];
}

function perMillion({ usdPerMillionRequests }: CostDocument): string {
  return usdPerMillionRequests === null ? "" : `, ${usd(usdPerMillionRequests)} a million requests`;
}

function spotLines({ lines, atSpotRatios }: CostDocument): string {
  if (!lines.some(({ item }) => / spot \(/.test(item))) return "";
  return [
    "At another price of spot nodes, as a share of on demand",
    ...atSpotRatios.map(
      ({ spotRatio, minimumUsdPerMonth, typicalUsdPerMonth, maximumUsdPerMonth }) =>
        `  ${spotRatio.toFixed(2)}  minimum ${usd(minimumUsdPerMonth)}, typical ${usd(typicalUsdPerMonth)}, maximum ${usd(maximumUsdPerMonth)}`,
    ),
  ].join("\n");
}

function optimisedLines({ optimised }: CostDocument): string {
  if (!optimised) return "";
  return [
    "What the optimised price saves, and what must be turned on",
    ...optimised.savings.map(
      ({ saving, applies, turnOn, usdPerMonth }) =>
        `  ${usd(usdPerMonth).padStart(9)}  ${saving}: ${applies}\n             ${turnOn}`,
    ),
  ].join("\n");
}

function breakerLines({ breakers, budgetUsdPerMonth }: CostDocument): string {
  if (breakers.length === 0) return "";
  return [
    "What would strain the budget",
    ...breakers.map(({ change, usdPerMonth, totalUsdPerMonth }) => {
      const over = totalUsdPerMonth - budgetUsdPerMonth;
      return `  ${signed(usdPerMonth).padStart(9)}  ${change}: ${over > 0 ? `over by ${usd(over)}` : `${usd(-over)} left`}`;
    }),
  ].join("\n");
}

function warningLines({ warnings }: CostDocument): string {
  return warnings.map((warning) => `  warning: ${warning}`).join("\n");
}

function gaps({ unpriced, free, warnings, lines }: CostDocument): string {
  const priced = new Set(lines.map(({ urn }) => urn)).size;
  return `  ${priced} resources priced, ${free.length} free, ${unpriced.length} unpriced, ${warnings.length} warnings about prices and assumptions`;
}
