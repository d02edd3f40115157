/** Every query that a stack asks Prometheus: panels, variables and annotations of dashboards, rules, analyses. */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Rendered } from "./rendered.ts";

export interface AskedQuery {
  /** Where it stands, for the message. */
  readonly where: string;
  readonly expr: string;
}

/** What Grafana puts in place of variables when everything is chosen. */
const filledIn: readonly (readonly [RegExp, string])[] = [
  [/\$__rate_interval/g, "1m"],
  [/\$service/g, "(publishing|discovery|consumption|admin)"],
  [/\$(pool|namespace)/g, ".*"],
];

export function dashboardQueries(stack: Rendered): AskedQuery[] {
  return [...stack.dashboards].flatMap(([name, dashboard]) => [
    ...panelQueries(name, dashboard),
    ...variableQueries(name, dashboard),
    ...annotationQueries(name, dashboard),
  ]);
}

function panelQueries(name: string, { panels = [] }: Dashboard): AskedQuery[] {
  return panels.flatMap((panel) => {
    const targets = ("targets" in panel ? panel.targets : undefined) ?? [];
    return targets.map((target) => ({
      where: `${name} › ${panel.title}`,
      expr: fill((target as { expr?: string }).expr ?? ""),
    }));
  });
}

function variableQueries(name: string, { templating }: Dashboard): AskedQuery[] {
  return (templating.list ?? []).map(({ name: variable, query }) => {
    const found = /^label_values\((.+), (\w+)\)$/.exec(String(query));
    if (found === null) throw new Error(`${name} › variable ${variable}: cannot read ${query}`);
    return { where: `${name} › variable ${variable}`, expr: `count by (${found[2]}) (${found[1]})` };
  });
}

function annotationQueries(name: string, { annotations }: Dashboard): AskedQuery[] {
  return (annotations.list ?? []).map((annotation) => ({
    where: `${name} › annotation ${annotation.name}`,
    expr: annotation.expr ?? "",
  }));
}

function fill(expr: string): string {
  const filled = filledIn.reduce((text, [pattern, value]) => text.replace(pattern, value), expr);
  if (filled.includes("$"))
    throw new Error(`${expr}: a variable is left; say in queries.ts what stands for it`);
  return filled;
}

export function ruleExpressions(stack: Rendered): AskedQuery[] {
  return [...stack.rules].flatMap(([object, groups]) =>
    groups.flatMap(({ rules }) =>
      rules.map((rule) => ({
        where: `${object} › ${"alert" in rule ? rule.alert : rule.record}`,
        expr: rule.expr,
      })),
    ),
  );
}
