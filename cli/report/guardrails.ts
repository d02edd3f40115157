/** The outcomes of the policy packs in the form that every part of the report reads. */
import type { PlatformConfig } from "../../config/schema/platform.ts";
import { evaluateAll, packs } from "../../policies/index.ts";
import type { Outcome, PackConfig, RuleConfig, Status } from "../../policies/shared/evaluate.ts";
import { graphOf } from "../../policies/shared/graph.ts";
import type {
  Exception,
  FrameworkReference,
  Level,
  Pack,
  Rule,
  Severity,
} from "../../policies/shared/rule.ts";
import { packConfigs } from "../../policies/shared/stack-config.ts";
import { compare, type Plan } from "../plan/plan.ts";

/** A policy and how its judgements ended. Resources that are not of its kind do not count. */
export interface RuleResult {
  readonly pack: string;
  readonly rule: string;
  readonly level: Level;
  readonly severity: Severity;
  readonly description: string;
  readonly remediation: string;
  readonly frameworks: readonly FrameworkReference[];
  /** Resources that it judged; a policy over the whole stack judges one thing. */
  readonly judged: number;
  readonly passed: number;
  readonly violations: number;
  readonly excepted: number;
  readonly undetermined: number;
}

export interface FindingResult {
  readonly pack: string;
  readonly rule: string;
  readonly level: Exclude<Level, "disabled">;
  readonly severity: Severity;
  readonly status: Status;
  readonly message: string;
  readonly urn: string;
  readonly type: string;
  readonly resource: string;
  readonly property: string;
  readonly actual: string;
  readonly required: string;
  readonly fix: string;
  readonly frameworks: readonly FrameworkReference[];
  readonly exception?: Exception;
}

export interface GuardrailReport {
  readonly rules: readonly RuleResult[];
  /** Mandatory violations first, then advisory ones, undetermined and excepted; the gravest first in each. */
  readonly findings: readonly FindingResult[];
  /** Exceptions of the stack's configuration, each with the number of findings that it covers today. */
  readonly exceptions: readonly (Exception & { readonly covers: number; readonly expired: boolean })[];
}

/** Judges a plan by every pack, with the levels and exceptions of its stack. */
export function judgePlan(plan: Plan, config: PlatformConfig, today: string): GuardrailReport {
  const outcomes = evaluateAll(plan, config, today);
  const judged = judgedBy(plan);
  return guardrailReport(packs, packConfigs(plan.stack, config), outcomes, judged, {
    exceptions: config.guardrails.exceptions,
    today,
  });
}

/** How many resources of the plan a policy judges. */
function judgedBy(plan: Plan): (rule: Rule) => number {
  const counts = new Map<string, number>();
  for (const { type } of graphOf(plan.resources).inputs) counts.set(type, (counts.get(type) ?? 0) + 1);
  return (rule) =>
    rule.kind === "stack" ? 1 : rule.types.reduce((sum, type) => sum + (counts.get(type) ?? 0), 0);
}

export function guardrailReport(
  packList: readonly Pack[],
  configs: Readonly<Record<string, PackConfig>>,
  outcomes: readonly Outcome[],
  judged: (rule: Rule) => number,
  from: { readonly exceptions: readonly Exception[]; readonly today: string },
): GuardrailReport {
  const findings = outcomes.map(findingResult).sort(byGravity);
  const rules = packList.flatMap((pack) =>
    pack.rules.map((rule) => ruleResult(pack, rule, configs[pack.folder] ?? {}, findings, judged(rule))),
  );
  return { rules, findings, exceptions: exceptionsOf(findings, from) };
}

function findingResult({ pack, rule, level, status, finding, message, exception }: Outcome): FindingResult {
  const { resource, property, actual, required, fix } = finding;
  return {
    pack,
    rule: rule.name,
    level,
    severity: rule.severity,
    status,
    message,
    urn: resource.urn,
    type: resource.type,
    resource: resource.name,
    property,
    actual,
    required,
    fix,
    frameworks: rule.frameworks,
    ...(exception && { exception }),
  };
}

function ruleResult(
  pack: Pack,
  rule: Rule,
  config: PackConfig,
  findings: readonly FindingResult[],
  judged: number,
): RuleResult {
  const own = findings.filter((one) => one.rule === rule.name && one.pack === pack.name);
  const entry = config[rule.name];
  const level = typeof entry === "string" ? entry : (entry as RuleConfig | undefined)?.enforcementLevel;
  const of = (status: Status) => own.filter((one) => one.status === status).length;
  const isDisabled = (level ?? config.all) === "disabled";
  const touched = rule.kind === "stack" ? Math.min(1, own.length) : new Set(own.map((one) => one.urn)).size;
  return {
    pack: pack.name,
    rule: rule.name,
    level: level ?? config.all ?? "mandatory",
    severity: rule.severity,
    description: rule.description,
    remediation: rule.remediation,
    frameworks: rule.frameworks,
    judged: isDisabled ? 0 : judged,
    passed: isDisabled ? 0 : Math.max(0, judged - touched),
    violations: of("violation"),
    excepted: of("excepted"),
    undetermined: of("undetermined"),
  };
}

const statusOrder: readonly Status[] = ["violation", "undetermined", "excepted"];
export const severityOrder: readonly Severity[] = ["critical", "high", "medium", "low"];

function byGravity(a: FindingResult, b: FindingResult): number {
  return (
    statusOrder.indexOf(a.status) - statusOrder.indexOf(b.status) ||
    Number(a.level !== "mandatory") - Number(b.level !== "mandatory") ||
    severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity) ||
    compare(a.rule, b.rule) ||
    compare(a.urn, b.urn) ||
    compare(a.property, b.property)
  );
}

/** Configured exceptions and those that resources carry themselves. */
function exceptionsOf(
  findings: readonly FindingResult[],
  { exceptions, today }: { readonly exceptions: readonly Exception[]; readonly today: string },
): GuardrailReport["exceptions"] {
  const key = (one: Exception) => JSON.stringify([one.policy, one.resource, one.expires, one.reason]);
  const all = new Map(exceptions.map((one) => [key(one), one]));
  for (const { exception } of findings) if (exception) all.set(key(exception), exception);
  return [...all.values()].map((exception) => ({
    ...exception,
    covers: findings.filter(
      (one) => one.status === "excepted" && one.exception && key(one.exception) === key(exception),
    ).length,
    expired: exception.expires < today,
  }));
}

/** Sums over all policies. */
export function totals(report: GuardrailReport) {
  const violations = report.findings.filter((one) => one.status === "violation");
  const inForce = report.rules.filter((rule) => rule.level !== "disabled");
  return {
    policies: inForce.length,
    applied: inForce.filter((rule) => rule.judged > 0).length,
    judgements: inForce.reduce((sum, rule) => sum + rule.judged, 0),
    passed: inForce.reduce((sum, rule) => sum + rule.passed, 0),
    mandatory: violations.filter((one) => one.level === "mandatory").length,
    advisory: violations.filter((one) => one.level === "advisory").length,
    undetermined: report.findings.filter((one) => one.status === "undetermined").length,
    excepted: report.findings.filter((one) => one.status === "excepted").length,
    disabled: report.rules.length - inForce.length,
  };
}
