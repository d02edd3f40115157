/** The guardrails for a terminal: a summary first, mandatory violations last, where the eye is. */
import { type FindingResult, type GuardrailReport, totals } from "./guardrails.ts";
import { plural } from "./model.ts";

interface TextOptions {
  readonly colours: boolean;
}

/** Advisory findings shown in full; the rest is a number, and in policies.json. */
const mostAdvisory = 10;

/** Counts, advisory and undetermined findings, exceptions. */
export function formatGuardrails(report: GuardrailReport, { colours }: TextOptions): string {
  const sums = totals(report);
  const bold = (text: string) => (colours ? `\u001b[1m${text}\u001b[0m` : text);
  const yellow = (text: string) => (colours ? `\u001b[33m${text}\u001b[0m` : text);
  const of = (status: FindingResult["status"]) =>
    report.findings.filter(
      (one) => one.status === status && !(status === "violation" && one.level === "mandatory"),
    );
  const advisory = of("violation");
  const expired = report.exceptions.filter((one) => one.expired).length;
  return [
    bold(
      `Guardrails: ${plural(sums.policies, "policy", "policies")}, ${plural(sums.judgements, "judgement")}`,
    ),
    `  ${sums.passed.toLocaleString("en-US")} passed, ${sums.mandatory} mandatory and ${sums.advisory} advisory violated, ${sums.undetermined} undetermined, ${sums.excepted} excepted`,
    ...advisory
      .slice(0, mostAdvisory)
      .map((one) => `  ${yellow("advisory")} ${one.rule}: ${oneLine(one.message)}`),
    ...(advisory.length > mostAdvisory
      ? [`  and ${advisory.length - mostAdvisory} more advisory, see policies.json`]
      : []),
    ...of("undetermined")
      .slice(0, mostAdvisory)
      .map((one) => `  undetermined ${one.rule}: ${oneLine(one.message)}`),
    ...(report.exceptions.length > 0
      ? [`  ${plural(report.exceptions.length, "exception")}${expired > 0 ? `, ${expired} expired` : ""}`]
      : []),
  ].join("\n");
}

/** Every mandatory violation and the verdict; empty where there is none. */
export function formatViolations(
  report: GuardrailReport,
  reasons: readonly string[],
  stack: string,
  { colours }: TextOptions,
): string {
  const red = (text: string) => (colours ? `\u001b[31m${text}\u001b[0m` : text);
  if (reasons.length === 0) return "";
  const broken = report.findings.filter((one) => one.status === "violation" && one.level === "mandatory");
  return [
    ...broken.map((one) => `${red(`✗ ${one.rule}`)} (${one.severity})\n    ${oneLine(one.message)}`),
    red(`${stack} may not be built: ${reasons.join("; ")}.`),
  ].join("\n");
}

/** Names and values come from the plan: nothing in them may move the cursor or start a new line. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
}
