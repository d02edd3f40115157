/** Turns cases into promtool's unit tests: one file of tests for each PrometheusRule. */
import type { AlertingRule, RuleGroup } from "../../../components/kubernetes/alerts/rule.ts";
import { type AlertCase, divisors, type InputSeries, stepSeconds } from "../cases/alert-case.ts";
import { alertsOf } from "./rendered.ts";

export interface RuleTests {
  /** Alerts without a case, which are a fault of the table. */
  readonly missing: readonly string[];
  /** promtool's test file. */
  readonly file: unknown;
  readonly count: number;
}

export function ruleTests(
  rulesFile: string,
  groups: readonly RuleGroup[],
  cases: readonly AlertCase[],
): RuleTests {
  const missing: string[] = [];
  const tests: unknown[] = [];
  for (const rule of alertsOf(groups)) {
    const found = cases.filter(
      ({ alert, severity, only }) =>
        alert === rule.alert && severity === rule.labels.severity && (only?.(rule) ?? true),
    );
    if (found.length === 0) missing.push(`${rule.alert} (${rule.labels.severity})`);
    for (const one of found) tests.push(...testsOf(rule, one, groups));
  }
  return {
    missing,
    count: tests.length,
    file: {
      rule_files: [rulesFile],
      evaluation_interval: `${stepSeconds}s`,
      // Otherwise chance decides whether an alert sees a record of the same moment or of the one before.
      group_eval_order: groups.map(({ name }) => name),
      tests,
    },
  };
}

function testsOf(rule: AlertingRule, one: AlertCase, groups: readonly RuleGroup[]): unknown[] {
  const context = { rule, service: rule.labels.service ?? "", divisorOf: divisors(groups) };
  const firesAt = (one.delaySeconds ?? 0) + seconds(rule.for ?? "0s");
  const expect = (at: number, firing: boolean) => ({
    expr: `count(${firingSeries(rule)})`,
    eval_time: `${at}s`,
    exp_samples: firing ? [{ labels: "{}", value: 1 }] : [],
  });
  const test = (what: string, series: readonly InputSeries[], expectations: unknown[]) => ({
    name: `${rule.alert} ${rule.labels.severity} ${rule.labels.service ?? ""}: ${what}`,
    interval: `${stepSeconds}s`,
    input_series: series,
    promql_expr_test: expectations,
  });
  return [
    ...Object.entries(one.fires).map(([what, scenario]) =>
      test(`fires when ${what}`, scenario(context), [
        ...(firesAt >= stepSeconds ? [expect(firesAt - stepSeconds, false)] : []),
        expect(firesAt, true),
      ]),
    ),
    ...Object.entries(one.silent).map(([what, scenario]) =>
      test(`is silent when ${what}`, scenario(context), [expect(firesAt + 10 * stepSeconds, false)]),
    ),
  ];
}

/**
 * The alert's own series while it fires, with all labels of the rule, and with every label that its texts name: a text
 * that names a label which the expression drops would show nothing.
 */
function firingSeries({ alert, labels, annotations }: AlertingRule): string {
  const named = new Set(
    Object.values(annotations).flatMap((text) =>
      [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label as string),
    ),
  );
  const matchers = [
    'alertstate="firing"',
    `alertname="${alert}"`,
    ...Object.entries(labels).map(([label, value]) => `${label}="${value}"`),
    ...[...named].map((label) => `${label}!=""`),
  ];
  return `ALERTS{${matchers.join(",")}}`;
}

/** `2m`, `1h30m` → seconds. */
export function seconds(duration: string): number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  return [...duration.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit as string] ?? Number.NaN),
    0,
  );
}
