/** `policies.json`: every policy with its counts, every outcome, every exception. */
import { totals } from "./guardrails.ts";
import { type ReportData, verdictOf } from "./model.ts";

export function policiesJson(data: ReportData): string {
  const { plan, today, guardrails } = data;
  const { mayBeBuilt, reasons } = verdictOf(data);
  const document = {
    stack: plan.stack,
    date: today,
    mayBeBuilt,
    reasons,
    totals: totals(guardrails),
    policies: guardrails.rules,
    outcomes: guardrails.findings,
    exceptions: guardrails.exceptions,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
