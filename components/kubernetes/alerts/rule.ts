import type { DashboardName } from "../dashboards/names.ts";
import { dashboardUrl, runbookUrl } from "./links.ts";
import type { Ladder, Severity } from "./thresholds.ts";

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A group of a PrometheusRule; its rules are evaluated in order, records before the alerts that read them. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (AlertingRule | RecordingRule)[];
}

/** What every alert says, whatever it measures. */
interface AlertText {
  /** CamelCase; `docs/runbooks/<alert>.md` says what to do. */
  readonly alert: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** One line of a notification. */
  readonly summary: string;
  /** What it means for users, with the value. */
  readonly description: string;
  readonly dashboard: DashboardName;
  /** Variables of the dashboard's link. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface AlertSpec extends AlertText {
  readonly severity: Severity;
  readonly expr: string;
  /**
   * How long the condition must hold: long enough that a restart or a rollout is no alert. Absent where the
   * expression's own windows do that.
   */
  readonly for?: string;
}

export function alert(spec: AlertSpec): AlertingRule {
  return {
    alert: spec.alert,
    expr: spec.expr,
    ...(spec.for === undefined ? {} : { for: spec.for }),
    labels: { severity: spec.severity, ...spec.labels },
    annotations: {
      summary: spec.summary,
      description: spec.description,
      dashboard_url: dashboardUrl(spec.dashboard, spec.variables),
      runbook_url: runbookUrl(spec.alert),
    },
  };
}

export interface LadderAlerts extends AlertText {
  /** Expression without a comparison. */
  readonly measure: string;
  /** A condition beside the threshold, joined with `and`. */
  readonly provided?: string;
  readonly ladder: Ladder;
  readonly for: Partial<Readonly<Record<Severity, string>>>;
}

/**
 * One alert a step of the ladder, all of the same name and from the same series, so that Alertmanager silences the
 * warning while the critical one fires.
 */
export function ladderAlerts(spec: LadderAlerts): AlertingRule[] {
  const sign = spec.ladder.breach === "above" ? ">" : "<";
  return (["critical", "warning"] as const).flatMap((severity) => {
    const limit = spec.ladder[severity];
    const wait = spec.for[severity];
    if (limit === undefined || wait === undefined) return [];
    const provided = spec.provided === undefined ? "" : ` and ${spec.provided}`;
    return [alert({ ...spec, severity, for: wait, expr: `${spec.measure} ${sign} ${limit}${provided}` })];
  });
}
