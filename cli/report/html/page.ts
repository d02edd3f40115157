/** `report.html`: one file without a link to anything else. */
import { createHash } from "node:crypto";
import { difference } from "../cost-change.ts";
import { totals } from "../guardrails.ts";
import { money, plural, type ReportData, signedMoney, type Verdict, verdictOf } from "../model.ts";
import { capacitySection } from "./capacity-section.ts";
import { costSection } from "./cost-section.ts";
import { exceptionSection, guardrailSection } from "./guardrail-section.ts";
import { type Html, html, trusted } from "./html.ts";
import { pictureSection } from "./picture-section.ts";
import { resourceSection } from "./resource-section.ts";
import { headScript, script } from "./script.ts";
import { style } from "./style.ts";

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Nothing may be loaded, sent or run but what stands in the file. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src ${hash(headScript)} ${hash(script)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export function reportHtml(data: ReportData): string {
  const { plan } = data;
  const verdict = verdictOf(data);
  const sections: readonly (readonly [id: string, title: string, content: Html | undefined])[] = [
    ["architecture", "Architecture", pictureSection(data)],
    ["cost", "Cost", costSection(data)],
    ["guardrails", "Guardrails", guardrailSection(data)],
    ["exceptions", "Exceptions", exceptionSection(data)],
    ["capacity", "Capacity", capacitySection(data)],
    ["resources", "Resources", resourceSection(data)],
  ];
  const shown = sections.filter(([, , content]) => content !== undefined);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">
<title>${plan.stack}: ${verdict.mayBeBuilt ? "may be built" : "may not be built"} – plan of ${plan.project}</title>
<style>${trusted(style)}</style>
<script>${trusted(headScript)}</script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><div class="wrap"><p class="brand">${plan.project} <span aria-hidden="true">/</span> <strong>${plan.stack}</strong></p><nav aria-label="Sections"><ul>${shown.map(
    ([id, title]) => html`<li><a href="#${id}">${title}</a></li>`,
  )}</ul></nav><button type="button" id="theme" class="theme" hidden>Dark</button></div></header>
<main id="main" class="wrap" tabindex="-1">
${hero(data, verdict)}
${shown.map(([, , content]) => content)}
</main>
<footer class="wrap"><p>Planned on ${data.today} with the simulator: a rehearsal of what would be created, not a comparison with what is deployed. Settings come from ${data.stackFile}; the same facts are in plan.json, policies.json, policies.sarif and, where the stack has a price, cost.json beside this file.</p></footer>
<script>${trusted(script)}</script>
</body>
</html>
`.text;
}

function hero(data: ReportData, verdict: Verdict): Html {
  const { plan } = data;
  return html`<div class="hero ${verdict.mayBeBuilt ? "good" : "stop"}"><p class="eyebrow">${plan.cloud}, ${plan.environment || "no"} environment, ${data.today}</p><h1>${plan.stack} ${
    verdict.mayBeBuilt ? "may be built" : "may not be built"
  }</h1><p class="why">${verdict.mayBeBuilt ? "No mandatory policy is violated." : `${verdict.reasons.join("; ")}.`}</p>${brokenPolicies(data)}<dl class="figures">${figures(
    data,
  ).map(
    ([name, value, note]) =>
      html`<div><dt>${name}</dt><dd><span class="value">${value}</span><span class="note">${note}</span></dd></div>`,
  )}</dl></div>`;
}

/** Policies named in the head; the findings themselves stand in their section. */
const mostPolicies = 8;
const mostResources = 4;

/** The violated mandatory policies, the gravest first, each with its resources and one way to mend them. */
function brokenPolicies({ guardrails }: ReportData): Html | undefined {
  const broken = guardrails.findings.filter((one) => one.status === "violation" && one.level === "mandatory");
  if (broken.length === 0) return undefined;
  const policies = [...Map.groupBy(broken, (one) => one.rule)];
  const item = ([rule, own]: (typeof policies)[number]): Html => {
    const names = own.slice(0, mostResources).map((one) => one.resource);
    const more = own.length > mostResources ? ` and ${own.length - mostResources} more` : "";
    const [first] = own;
    return html`<li><strong>${rule}</strong> ${names.join(", ")}${more}${
      first && html`: ${first.property} is ${first.actual}, required ${first.required}. Fix: ${first.fix}`
    }</li>`;
  };
  return html`<ul class="broken">${policies.slice(0, mostPolicies).map(item)}</ul>${
    policies.length > mostPolicies &&
    html`<p>and ${plural(policies.length - mostPolicies, "more policy", "more policies")}.</p>`
  }<p><a href="#guardrails">All findings</a></p>`;
}

/** The four numbers that people ask for first. */
function figures({ plan, guardrails, cost, costChange, changes }: ReportData): [string, string, string][] {
  const sums = totals(guardrails);
  const changed = changes?.changes.length;
  return [
    ...(cost
      ? ([
          [
            "Cost a month",
            `$${money(cost.minimumUsdPerMonth)}`,
            `of a budget of $${money(cost.budgetUsdPerMonth)}${costChange && difference(costChange) !== 0 ? `, ${signedMoney(difference(costChange))}` : ""}`,
          ],
        ] as [string, string, string][])
      : []),
    [
      "Judgements passed",
      `${sums.passed.toLocaleString("en-US")}`,
      `of ${sums.judgements.toLocaleString("en-US")} by ${plural(sums.policies, "policy", "policies")}`,
    ],
    [
      "Resources",
      plan.resources.length.toLocaleString("en-US"),
      changed === undefined
        ? "nothing to compare with"
        : changed === 0
          ? "none changed"
          : `${plural(changed, "change")}`,
    ],
    ...(cost && cost.nodes.maximum > 0
      ? ([
          ["Nodes", `${cost.nodes.minimum}–${cost.nodes.maximum}`, `${cost.nodes.typical} at typical load`],
        ] as [string, string, string][])
      : []),
  ];
}
