import { findException, isExpired } from "./exceptions.ts";
import type { Graph } from "./graph.ts";
import type { Exception, Finding, Level, Pack, Rule } from "./rule.ts";
import { formatFinding } from "./rule.ts";
import { settingsOf } from "./settings.ts";

/**
 * Configuration of a pack, in the form that `pulumi preview --policy-pack-config` takes: the level of `all` rules, and
 * per rule its level, its settings and the exceptions that hold.
 */
export interface PackConfig {
  readonly all?: Level;
  readonly [rule: string]: RuleConfig | Level | undefined;
}
export interface RuleConfig {
  readonly enforcementLevel?: Level;
  readonly exceptions?: readonly Exception[];
  readonly [setting: string]: unknown;
}

export type Status = "violation" | "excepted" | "undetermined";

export interface Outcome {
  readonly pack: string;
  readonly rule: Rule;
  readonly level: Exclude<Level, "disabled">;
  readonly status: Status;
  readonly finding: Finding;
  readonly message: string;
  readonly exception?: Exception;
}

/**
 * Runs a pack over a whole graph, as the engine would after all resources are registered. `today` is `YYYY-MM-DD`
 * and decides which exceptions have expired. Rules that are disabled do not run; a rule that finds nothing gives nothing.
 */
export function evaluate(pack: Pack, graph: Graph, config: PackConfig, today: string): Outcome[] {
  return pack.rules.flatMap((rule) => {
    const entry = config[rule.name] ?? {};
    const ruleConfig: RuleConfig = typeof entry === "string" ? { enforcementLevel: entry } : entry;
    const level = ruleConfig.enforcementLevel ?? config.all ?? "mandatory";
    if (level === "disabled") return [];
    const findings = check(rule, graph, ruleConfig, today);
    return findings.map((finding) => ({
      pack: pack.name,
      rule,
      level,
      ...judge(rule, finding, ruleConfig, today),
    }));
  });
}

/** The findings of one rule, before levels and exceptions. Throws where a setting is out of its bounds. */
export function check(rule: Rule, graph: Graph, config: RuleConfig, today: string): Finding[] {
  const context = { settings: settingsOf(rule, config), today };
  if (rule.kind === "stack") return rule.check(graph.outputs, context);
  return graph.inputs
    .filter(({ type }) => rule.types.includes(type))
    .flatMap((resource) => rule.check(resource, context));
}

/** Whether a finding counts, is excepted, or cannot be told yet; an expired exception says so in the message. */
export function judge(
  rule: Rule,
  finding: Finding,
  config: RuleConfig,
  today: string,
): { status: Status; message: string; finding: Finding; exception?: Exception } {
  const message = formatFinding(finding);
  if (finding.undetermined) return { status: "undetermined", message, finding };
  const exception = findException(rule.name, finding.resource, config.exceptions ?? []);
  if (!exception) return { status: "violation", message, finding };
  if (isExpired(exception, today)) {
    const expired = `${message} The exception for it expired on ${exception.expires}: ${exception.reason}`;
    return { status: "violation", message: expired, finding, exception };
  }
  return { status: "excepted", message, finding, exception };
}
