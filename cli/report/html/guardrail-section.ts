/** Guardrails: what is violated, a list with filters, every policy with its counts, and the exceptions. */
import {
  type FindingResult,
  type GuardrailReport,
  type RuleResult,
  severityOrder,
  totals,
} from "../guardrails.ts";
import { plural, type ReportData } from "../model.ts";
import { type Html, html } from "./html.ts";
import { badge, fold, section, table } from "./parts.ts";

export function guardrailSection({ guardrails }: ReportData): Html {
  const sums = totals(guardrails);
  return section(
    "guardrails",
    "Guardrails",
    html`<p class="lead">${plural(sums.policies, "policy", "policies")} in force, ${sums.applied} of which found something to judge: ${plural(sums.judgements, "judgement")}, ${sums.passed.toLocaleString("en-US")} passed.</p>`,
    counts(guardrails),
    guardrails.findings.length === 0
      ? html`<p>Nothing is violated, excepted or undetermined.</p>`
      : html`${filters(guardrails)}<p id="finding-count" role="status" class="quiet"></p><ul class="findings" id="findings">${guardrails.findings.map(finding)}</ul>`,
    policies(guardrails),
  );
}

function counts(report: GuardrailReport): Html {
  const sums = totals(report);
  const rows: (readonly [string, number, string])[] = [
    ["Mandatory violated", sums.mandatory, "the stack may not be built"],
    ["Advisory violated", sums.advisory, "a warning"],
    [
      "Undetermined",
      sums.undetermined,
      "the value is known only after the cloud has answered; judged again then",
    ],
    ["Excepted", sums.excepted, "agreed deviations with a reason and an end"],
    ["Disabled policies", sums.disabled, "not judged in this stack"],
  ];
  return table(
    "Outcomes",
    [
      { title: "Outcome", cell: ([name]) => name },
      { title: "Number", cell: ([, number]) => number, numeric: true },
      { title: "Meaning", cell: ([, , meaning]) => meaning },
    ],
    rows,
  );
}

/** Shown by the script only: without it every finding is listed, and filters would do nothing. */
function filters(report: GuardrailReport): Html {
  const choice = (name: string, title: string, values: readonly string[]) =>
    html`<label>${title} <select name="${name}"><option value="">all</option>${[...new Set(values)].map(
      (value) => html`<option>${value}</option>`,
    )}</select></label>`;
  const { findings } = report;
  const severities = severityOrder.filter((severity) => findings.some((one) => one.severity === severity));
  return html`<form class="filters" id="filters" aria-label="Filter the findings" hidden>${choice(
    "status",
    "Status",
    findings.map((one) => one.status),
  )}${choice(
    "level",
    "Level",
    findings.map((one) => one.level),
  )}${choice("severity", "Severity", severities)}${choice(
    "pack",
    "Pack",
    findings.map((one) => shortPack(one.pack)),
  )}<label class="wide">Text <input type="search" name="text" autocomplete="off" placeholder="resource, policy, fix"></label></form>`;
}

const shortPack = (pack: string): string => pack.replace(/^llm-marketplace-/, "");

function finding(one: FindingResult): Html {
  const kind = one.status === "violation" ? one.level : one.status;
  return html`<li class="finding ${kind}" data-status="${one.status}" data-level="${one.level}" data-severity="${one.severity}" data-pack="${shortPack(one.pack)}"><h3>${one.resource} <code>${one.type}</code></h3><p class="badges">${badge(
    kind,
    one.status === "violation" ? `${one.level} violation` : one.status,
  )}${badge("plain", one.severity)}${badge("plain", one.rule)}</p><dl><dt>Property</dt><dd><code>${one.property}</code></dd><dt>Is</dt><dd>${one.actual}</dd><dt>Required</dt><dd>${one.required}</dd><dt>Fix</dt><dd>${one.fix}</dd>${
    one.exception && html`<dt>Exception</dt><dd>until ${one.exception.expires}: ${one.exception.reason}</dd>`
  }${one.frameworks.length > 0 && html`<dt>Frameworks</dt><dd>${one.frameworks.map(frameworkText).join("; ")}</dd>`}</dl></li>
`;
}

const frameworkText = ({ name, version, control }: FindingResult["frameworks"][number]): string =>
  `${name} ${version}, ${control}`;

function policies({ rules }: GuardrailReport): Html {
  const packs = Map.groupBy(rules, (rule) => rule.pack);
  return html`<h3>All policies</h3>${[...packs].map(([pack, own]) => {
    const judged = own.filter((rule) => rule.judged > 0).toSorted(byOutcome);
    const rest = own.filter((rule) => rule.judged === 0);
    return fold(
      `${shortPack(pack)}: ${plural(own.length, "policy", "policies")}, ${judged.length} with something to judge`,
      html`${judged.length > 0 && policyTable(`Policies of ${shortPack(pack)}`, judged)}${
        rest.length > 0 &&
        html`<p class="quiet">Without a resource of their kind in this stack, or disabled: ${rest.map((rule) => (rule.level === "disabled" ? `${rule.rule} (disabled)` : rule.rule)).join(", ")}.</p>`
      }`,
    );
  })}`;
}

function byOutcome(a: RuleResult, b: RuleResult): number {
  return (
    b.violations - a.violations ||
    b.undetermined - a.undetermined ||
    b.excepted - a.excepted ||
    severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity) ||
    (a.rule < b.rule ? -1 : 1)
  );
}

function policyTable(caption: string, rules: readonly RuleResult[]): Html {
  return table(
    caption,
    [
      {
        title: "Policy",
        cell: (rule) => html`<code>${rule.rule}</code><span class="description">${rule.description}</span>`,
      },
      { title: "Level", cell: (rule) => rule.level },
      { title: "Severity", cell: (rule) => rule.severity },
      { title: "Passed", cell: (rule) => rule.passed, numeric: true },
      { title: "Violated", cell: (rule) => rule.violations, numeric: true },
      { title: "Undetermined", cell: (rule) => rule.undetermined, numeric: true },
      { title: "Excepted", cell: (rule) => rule.excepted, numeric: true },
    ],
    rules,
  );
}

export function exceptionSection({ guardrails }: ReportData): Html {
  return section(
    "exceptions",
    "Exceptions",
    guardrails.exceptions.length === 0
      ? html`<p>No exception is declared.</p>`
      : table(
          "Agreed deviations",
          [
            { title: "Policy", cell: (row) => html`<code>${row.policy}</code>` },
            { title: "Resource", cell: (row) => row.resource },
            {
              title: "Until",
              cell: (row) =>
                row.expired ? html`${row.expires} ${badge("mandatory", "expired")}` : row.expires,
            },
            { title: "Findings", cell: (row) => row.covers, numeric: true },
            { title: "Reason", cell: (row) => row.reason },
          ],
          guardrails.exceptions,
        ),
  );
}
