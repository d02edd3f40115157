/**
 * `report.md`: a comment on a pull request. Verdict first, then cost, guardrails and resources. GitHub refuses comments
 * over 65,536 characters, so each section has a share, and says how much of it was left out.
 */

import type { ResourceChange } from "./changes.ts";
import { type CostChange, difference } from "./cost-change.ts";
import { type FindingResult, totals } from "./guardrails.ts";
import { money, plural, type ReportData, signedMoney, verdictOf } from "./model.ts";

/** Length of the whole, in UTF-16 code units; a margin below what GitHub takes. */
export const mostCharacters = 60_000;

/** Shares of the sections that can grow without end. What one does not use, later ones have. */
const shares = { violations: 24_000, notes: 10_000, exceptions: 4_000, changes: 18_000 } as const;

/** The line by which a later run finds the comment of this stack and updates it. */
export const marker = (stack: string): string =>
  `<!-- llm-marketplace-report:${stack.replaceAll(/[^\w-]/g, "-")} -->`;

export function reportMarkdown(data: ReportData): string {
  const { plan } = data;
  const verdict = verdictOf(data);
  const sections = [
    marker(plan.stack),
    `## ${verdict.mayBeBuilt ? "✅" : "❌"} ${plain(verdict.headline)}`,
    costSection(data),
    guardrailSection(data),
    changeSection(data),
    footer(data),
  ];
  const text = `${sections.filter((section) => section !== "").join("\n\n")}\n`;
  return text.length <= mostCharacters
    ? text
    : `${text.slice(0, mostCharacters - 60)}\n\n(the rest is in report.html)\n`;
}

/** Text from the plan as plain text: no Markdown, no HTML, no mention of people, no line of its own. */
export function plain(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>#|~!&]/g, (character) => `&#${character.codePointAt(0)};`)
    .replace(/@(?=\w)/g, "@\u200b");
}

/** As many lines as fit, and how many do not. */
function fitting(lines: readonly string[], share: number, what: string): string[] {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > share) break;
    kept.push(line);
  }
  const left = lines.length - kept.length;
  return left === 0
    ? kept
    : [...kept, "", `…and ${left.toLocaleString("en-US")} more ${what}, see report.html`];
}

function costSection({ cost, costChange }: ReportData): string {
  if (!cost) return "";
  const rows = [
    ["minimum", cost.nodes.minimum, cost.minimumUsdPerMonth, `budget $${money(cost.budgetUsdPerMonth)}`],
    ["typical", cost.nodes.typical, cost.typicalUsdPerMonth, ""],
    ["maximum", cost.nodes.maximum, cost.maximumUsdPerMonth, `ceiling $${money(cost.ceilingUsdPerMonth)}`],
  ] as const;
  const optimised =
    cost.optimised === null
      ? []
      : [
          `| optimised, with commitments | ${cost.nodes.minimum} | $${money(cost.optimised.usdPerMonth)} | ${cost.optimised.budgetUsdPerMonth === null ? "" : `budget $${money(cost.optimised.budgetUsdPerMonth)}`} |`,
        ];
  return [
    "### Cost",
    "",
    ...changeLines(costChange),
    "| USD a month | nodes | amount | limit |",
    "|---|---:|---:|---|",
    ...rows.map(([name, nodes, amount, limit]) => `| ${name} | ${nodes} | $${money(amount)} | ${limit} |`),
    ...optimised,
    "",
    `List prices of ${cost.priceDate} and later, ${plain(cost.region)}. ${plural(cost.unpriced.length, "resource")} without a price.`,
  ].join("\n");
}

function changeLines(change: CostChange | undefined): string[] {
  if (!change) return [];
  const whole = difference(change);
  if (whole === 0 && change.components.length === 0) return [`No change against ${plain(change.with)}.`, ""];
  return [
    `**${signedMoney(whole)} a month** against ${plain(change.with)} ($${money(change.beforeUsdPerMonth)} → $${money(change.afterUsdPerMonth)}).`,
    "",
    "| component | before | after | change |",
    "|---|---:|---:|---:|",
    ...change.components.map(
      (one) =>
        `| ${plain(one.component)} | $${money(one.beforeUsdPerMonth)} | $${money(one.afterUsdPerMonth)} | ${signedMoney(difference(one))} |`,
    ),
    "",
  ];
}

function guardrailSection({ guardrails }: ReportData): string {
  const sums = totals(guardrails);
  const mandatory = guardrails.findings.filter(
    (one) => one.status === "violation" && one.level === "mandatory",
  );
  const notes = guardrails.findings.filter(
    (one) => one.status === "undetermined" || (one.status === "violation" && one.level === "advisory"),
  );
  return [
    "### Guardrails",
    "",
    `${plural(sums.policies, "policy", "policies")}, ${plural(sums.judgements, "judgement")}: ${sums.passed.toLocaleString("en-US")} passed, **${sums.mandatory} mandatory** and ${sums.advisory} advisory violated, ${sums.undetermined} undetermined, ${sums.excepted} excepted.`,
    ...block(mandatory.map(findingLine), shares.violations, "violations"),
    ...folded("Advisory and undetermined", notes.map(findingLine), shares.notes, "findings"),
    ...folded(
      "Exceptions",
      guardrails.exceptions.map(
        (one) =>
          `- ${plain(one.policy)} on ${plain(one.resource)} until ${one.expires}${one.expired ? " (**expired**)" : ""}: ${plain(one.reason)}`,
      ),
      shares.exceptions,
      "exceptions",
    ),
  ].join("\n");
}

function findingLine(one: FindingResult): string {
  const what = one.status === "violation" ? one.severity : one.status;
  return `- **${plain(one.rule)}** (${what}): ${plain(one.message)}`;
}

function block(lines: readonly string[], share: number, what: string): string[] {
  return lines.length === 0 ? [] : ["", ...fitting(lines, share, what)];
}

function folded(title: string, lines: readonly string[], share: number, what: string): string[] {
  if (lines.length === 0) return [];
  const head = `<details><summary>${title} (${lines.length.toLocaleString("en-US")})</summary>`;
  return ["", head, "", ...fitting(lines, share, what), "", "</details>"];
}

const signs: Readonly<Record<ResourceChange["kind"], string>> = { added: "+", changed: "~", removed: "−" };

function changeSection({ changes, plan }: ReportData): string {
  const count = plural(plan.resources.length, "resource");
  if (!changes) return `### Resources\n\n${count}; nothing committed to compare with.`;
  const of = (kind: ResourceChange["kind"]) => changes.changes.filter((one) => one.kind === kind).length;
  if (changes.changes.length === 0)
    return `### Resources\n\n${count}, the same as in ${plain(changes.with)}.`;
  const lines = changes.changes.map((one) => {
    const place = one.path.length === 0 ? "" : ` in ${plain(one.path.join(" › "))}`;
    const what = one.details.length === 0 ? "" : `: ${plain(one.details.join("; "))}`;
    return `- ${signs[one.kind]} ${plain(one.type)} **${plain(one.name)}**${place}${what}`;
  });
  return [
    "### Resources",
    "",
    `${count}. Against ${plain(changes.with)}: ${of("added")} added, ${of("changed")} changed, ${of("removed")} removed.`,
    ...block(lines, shares.changes, "changes"),
  ].join("\n");
}

function footer({ today }: ReportData): string {
  return `<sub>Planned on ${today} with the simulator. The whole report, with the picture, is report.html.</sub>`;
}
