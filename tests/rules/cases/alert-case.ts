/** The form of a case: input series with which an alert must fire, and with which it must not. */
import type { AlertingRule, RuleGroup } from "../../../components/kubernetes/alerts/rule.ts";
import type { Severity } from "../../../components/kubernetes/alerts/thresholds.ts";

/** A series in promtool's notation, a value every `stepSeconds`. */
export interface InputSeries {
  readonly series: string;
  readonly values: string;
}

/** What a case may need to know of the rule that it is written for. */
export interface RuleContext {
  readonly rule: AlertingRule;
  /** Name of the service that the rule is about; empty where it is about none. */
  readonly service: string;
  /** The number by which a recorded series of the same stack is divided: a limit that stacks differ in. */
  readonly divisorOf: (record: string) => number;
}

export type Scenario = (context: RuleContext) => readonly InputSeries[];

export interface AlertCase {
  readonly alert: string;
  readonly severity: Severity;
  /** Only rules for which this holds. Default: every rule of the name and severity. */
  readonly only?: (rule: AlertingRule) => boolean;
  /** Sentence → series. */
  readonly fires: Readonly<Record<string, Scenario>>;
  readonly silent: Readonly<Record<string, Scenario>>;
  /** Seconds until the expression holds in the firing scenarios; after them the rule's `for` begins. Default 0. */
  readonly delaySeconds?: number;
}

export const stepSeconds = 30;
/** Longer than any `for` with its window. */
const steps = 400;

export function gauge(series: string, value: number): InputSeries {
  return { series, values: `${value}x${steps}` };
}

export function counter(series: string, perSecond: number): InputSeries {
  return { series, values: `0+${Number((perSecond * stepSeconds).toFixed(6))}x${steps}` };
}

/** A rate needs two samples. */
export const secondSample = stepSeconds;

/** The number after the first `/` of a recorded series' expression. */
export function divisors(groups: readonly RuleGroup[]): (record: string) => number {
  return (record) => {
    for (const { rules } of groups) {
      for (const rule of rules) {
        const found = "record" in rule && rule.record === record ? /\/ (\d+)/.exec(rule.expr) : null;
        if (found !== null) return Number(found[1]);
      }
    }
    return Number.NaN;
  };
}
