/** The cost of a stack: totals, chart and table by component, savings, what would strain the budget, assumptions. */
import { type UsageName, usageFields } from "../../../cost/assumptions.ts";
import type { CostDocument, CostDocumentLine } from "../../cost/document.ts";
import { type CostChange, difference } from "../cost-change.ts";
import { money, plural, type ReportData, signedMoney } from "../model.ts";
import { type Html, html } from "./html.ts";
import { fold, section, table } from "./parts.ts";

export interface ComponentCost {
  readonly component: string;
  readonly usdPerMonth: number;
  readonly lines: readonly CostDocumentLine[];
}

/** Components by what they cost at the minimum, the dearest first; what costs nothing is left out. */
export function componentCosts(lines: readonly CostDocumentLine[]): ComponentCost[] {
  return [...Map.groupBy(lines, (line) => line.component)]
    .map(([component, own]) => ({
      component,
      usdPerMonth: own.reduce((sum, line) => sum + line.usdPerMonth, 0),
      lines: own,
    }))
    .filter((one) => one.usdPerMonth >= 0.005)
    .sort((a, b) => b.usdPerMonth - a.usdPerMonth || (a.component < b.component ? -1 : 1));
}

export function costSection({ cost, costChange }: ReportData): Html | undefined {
  if (!cost) return undefined;
  const components = componentCosts(cost.lines);
  return section(
    "cost",
    "Cost",
    html`<p class="lead">$${money(cost.minimumUsdPerMonth)} a month at ${plural(cost.nodes.minimum, "node")}, of a budget of $${money(cost.budgetUsdPerMonth)}. List prices of ${cost.priceDate} and later, region ${cost.region}.${
      cost.usdPerMillionRequests !== null &&
      html` At the typical load a million requests cost $${money(cost.usdPerMillionRequests)}.`
    }</p>`,
    totalsTable(cost),
    change(costChange),
    components.length > 0 && chart(cost, components),
    components.length > 0 && componentTable(cost, components),
    savings(cost),
    breakers(cost),
    gaps(cost),
    assumptions(cost),
  );
}

function totalsTable(cost: CostDocument): Html {
  const limit = (amount: number, most: number, name: string) =>
    amount <= most
      ? html`$${money(most - amount)} below the ${name} of $${money(most)}`
      : html`<strong class="bad">$${money(amount - most)} over the ${name} of $${money(most)}</strong>`;
  const { optimised } = cost;
  const rows: { name: string; nodes: number; amount: number; text: Html | string }[] = [
    {
      name: "Minimum",
      nodes: cost.nodes.minimum,
      amount: cost.minimumUsdPerMonth,
      text: limit(cost.minimumUsdPerMonth, cost.budgetUsdPerMonth, "budget"),
    },
    { name: "Typical", nodes: cost.nodes.typical, amount: cost.typicalUsdPerMonth, text: "" },
    {
      name: "Maximum",
      nodes: cost.nodes.maximum,
      amount: cost.maximumUsdPerMonth,
      text: limit(cost.maximumUsdPerMonth, cost.ceilingUsdPerMonth, "ceiling"),
    },
  ];
  if (optimised) {
    const { budgetUsdPerMonth, usdPerMonth, withoutCommitmentsUsdPerMonth } = optimised;
    const text = budgetUsdPerMonth === null ? "" : limit(usdPerMonth, budgetUsdPerMonth, "optimised budget");
    rows.push({
      name: "Optimised, without commitments",
      nodes: cost.nodes.minimum,
      amount: withoutCommitmentsUsdPerMonth,
      text: "",
    });
    rows.push({ name: "Optimised, with commitments", nodes: cost.nodes.minimum, amount: usdPerMonth, text });
  }
  return table(
    "Monthly cost by node count",
    [
      { title: "At", cell: (row) => row.name },
      { title: "Nodes", cell: (row) => row.nodes, numeric: true },
      { title: "USD a month", cell: (row) => money(row.amount), numeric: true },
      { title: "Against the limit", cell: (row) => row.text },
    ],
    rows,
  );
}

function change(costChange: CostChange | undefined): Html | undefined {
  if (!costChange) return undefined;
  if (costChange.components.length === 0) return html`<p>No change against ${costChange.with}.</p>`;
  return html`<p><strong>${signedMoney(difference(costChange))} a month</strong> against ${costChange.with}.</p>${table(
    `Change against ${costChange.with}, USD a month`,
    [
      { title: "Component", cell: (row) => row.component },
      { title: "Before", cell: (row) => money(row.beforeUsdPerMonth), numeric: true },
      { title: "After", cell: (row) => money(row.afterUsdPerMonth), numeric: true },
      { title: "Change", cell: (row) => signedMoney(difference(row)), numeric: true },
    ],
    costChange.components,
  )}`;
}

/** Colours of the chart's parts: the eight dearest components, and one for the rest. */
const partColours = 8;
const partClass = (index: number): string => `part-${Math.min(index, partColours)}`;

/** One bar for the whole cost, a part for each component, and where the budget ends. Stretches with the page. */
export function chart(cost: CostDocument, components: readonly ComponentCost[]): Html {
  const scale = 1000 / Math.max(cost.minimumUsdPerMonth, cost.budgetUsdPerMonth, 0.01);
  let x = 0;
  const parts = components.map((one, index) => {
    const width = one.usdPerMonth * scale;
    const part = html`<rect class="${partClass(index)}" x="${x.toFixed(2)}" y="8" width="${Math.max(width - 1.5, 0.5).toFixed(2)}" height="30"><title>${one.component}: $${money(one.usdPerMonth)}</title></rect>`;
    x += width;
    return part;
  });
  const budget = cost.budgetUsdPerMonth * scale;
  const label = `Cost by component: ${components.map((one) => `${one.component} $${money(one.usdPerMonth)}`).join(", ")}. Budget $${money(cost.budgetUsdPerMonth)}.`;
  return html`<figure><svg class="bar" role="img" aria-label="${label}" viewBox="0 0 1003 46" preserveAspectRatio="none"><rect class="rest" x="0" y="8" width="1000" height="30"/>${parts}<rect class="limit" x="${(budget - 0.5).toFixed(2)}" y="0" width="3" height="46"/></svg><figcaption>Minimum by component; the line is the budget of $${money(cost.budgetUsdPerMonth)}.</figcaption></figure>
`;
}

function componentTable(cost: CostDocument, components: readonly ComponentCost[]): Html {
  const most = components[0]?.usdPerMonth ?? 1;
  const rank = new Map(components.map((one, index) => [one, index]));
  return html`${table(
    "Cost by component at the minimum",
    [
      {
        title: "Component",
        cell: (row) =>
          html`<span class="swatch ${partClass(rank.get(row) ?? partColours)}"></span>${row.component}`,
      },
      { title: "USD a month", cell: (row) => money(row.usdPerMonth), numeric: true },
      {
        title: "Share",
        cell: (row) => `${((row.usdPerMonth / cost.minimumUsdPerMonth) * 100).toFixed(1)} %`,
        numeric: true,
      },
      {
        title: "Compared",
        cell: (row) =>
          html`<svg class="mini" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="${partClass(rank.get(row) ?? partColours)}" width="${((row.usdPerMonth / most) * 100).toFixed(2)}" height="8"/></svg>`,
      },
    ],
    components,
  )}${fold(
    `All ${plural(cost.lines.length, "line")} of the bill`,
    components.map(({ component, lines }) =>
      table(
        `Lines of ${component}`,
        [
          { title: "Item", cell: (line) => line.item },
          {
            title: "Quantity",
            cell: (line) => line.quantity.toLocaleString("en-US", { maximumFractionDigits: 2 }),
            numeric: true,
          },
          { title: "Unit", cell: (line) => line.unit },
          {
            title: "Unit price",
            cell: (line) => line.unitPriceUsd.toLocaleString("en-US", { maximumFractionDigits: 5 }),
            numeric: true,
          },
          { title: "Minimum", cell: (line) => money(line.usdPerMonth), numeric: true },
          { title: "Typical", cell: (line) => money(line.typicalUsdPerMonth), numeric: true },
          { title: "Maximum", cell: (line) => money(line.maximumUsdPerMonth), numeric: true },
          { title: "Price of", cell: (line) => line.priceDate },
        ],
        lines,
      ),
    ),
  )}`;
}

function savings({ optimised }: CostDocument): Html | undefined {
  if (!optimised || optimised.savings.length === 0) return undefined;
  return html`<h3>What would save money</h3>${table(
    "Savings of the optimised profile, USD a month",
    [
      { title: "Saving", cell: (row) => row.saving },
      { title: "USD a month", cell: (row) => money(row.usdPerMonth), numeric: true },
      { title: "Applies to", cell: (row) => row.applies },
      { title: "To turn on", cell: (row) => row.turnOn },
    ],
    optimised.savings,
  )}`;
}

function breakers({ breakers: list, budgetUsdPerMonth }: CostDocument): Html | undefined {
  if (list.length === 0) return undefined;
  return html`<h3>What would strain the budget</h3>${table(
    "Changes and their price, USD a month",
    [
      { title: "Change", cell: (row) => row.change },
      { title: "More", cell: (row) => signedMoney(row.usdPerMonth), numeric: true },
      { title: "Total", cell: (row) => money(row.totalUsdPerMonth), numeric: true },
      {
        title: "Budget",
        cell: (row) =>
          row.totalUsdPerMonth > budgetUsdPerMonth
            ? html`<strong class="bad">over by $${money(row.totalUsdPerMonth - budgetUsdPerMonth)}</strong>`
            : `$${money(budgetUsdPerMonth - row.totalUsdPerMonth)} left`,
      },
    ],
    list,
  )}`;
}

function gaps({ unpriced, free, warnings }: CostDocument): Html {
  const nameOf = (urn: string) => urn.split("::").at(-1) ?? urn;
  return html`<p>${plural(free.length, "resource")} known to be free, ${unpriced.length} without a price.</p>${
    unpriced.length > 0 &&
    table(
      "Resources without a price",
      [
        { title: "Resource", cell: (row) => nameOf(row.urn) },
        { title: "Type", cell: (row) => html`<code>${row.type}</code>` },
        { title: "Why", cell: (row) => row.reason },
      ],
      unpriced,
    )
  }${warnings.length > 0 && fold(`${plural(warnings.length, "warning")} about prices`, html`<ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`)}`;
}

function assumptions({ assumptions: stated, spotRatio, priceDate }: CostDocument): Html {
  const describe = (name: string) => usageFields[name as UsageName]?.description ?? "";
  return html`<h3>Assumptions and price dates</h3><p>Usage that no resource states, from the stack file. A spot node counts at ${spotRatio} of its on-demand price. The oldest price used is of ${priceDate}; each line of the bill has the date of its own.</p>${table(
    "Assumed usage in a month",
    [
      { title: "Assumption", cell: ([name]) => html`<code>${name}</code>` },
      { title: "Amount", cell: ([, amount]) => amount.toLocaleString("en-US"), numeric: true },
      { title: "Meaning", cell: ([name]) => describe(name) },
    ],
    Object.entries(stated),
  )}`;
}
