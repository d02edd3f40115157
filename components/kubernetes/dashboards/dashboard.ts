import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { ServiceSettings } from "../../../config/settings-types.ts";
import type { MetricSources } from "../alerts/sources.ts";
import { namespaces } from "../places.ts";
import { dataSources, type ExploreLink } from "./links.ts";
import { type DashboardName, dashboardTitles } from "./names.ts";
import { buildPanel, type PanelSpec, panelHeight, panelWidth } from "./panel.ts";

/** What a stack has, by which dashboards choose their panels. */
export interface DashboardFacts {
  readonly services: readonly Pick<ServiceSettings, "name" | "objective">[];
  readonly sources: MetricSources;
}

/** A choice at the top of a dashboard, filled from the values of a label. */
export interface VariableSpec {
  readonly name: string;
  readonly label: string;
  /** Series and label whose values are offered. */
  readonly series: string;
  readonly from: string;
  /** What `All` stands for. Default: the values, one or the other. */
  readonly all?: string;
}

export interface Section {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

export interface DashboardSpec {
  readonly name: DashboardName;
  /** Whose question it answers. */
  readonly description: string;
  readonly variables: readonly VariableSpec[];
  /** Sections without panels are left out. */
  readonly sections: readonly Section[];
  /** Where a panel's reader goes on: logs, traces. */
  readonly links: readonly ExploreLink[];
  /** Shows when new versions of services came. Default: true. */
  readonly releases?: boolean;
}

/** The choice of services, with all of them to start with. */
export const serviceVariable: VariableSpec = {
  name: "service",
  label: "Service",
  series: "service:requests:rate5m",
  from: "service",
};

const gridColumns = 24;

/** The model that Grafana reads: rows, panels from left to right, thirty seconds between two refreshes. */
export function buildDashboard(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(dashboardTitles[spec.name])
    .uid(spec.name)
    .description(spec.description)
    .tags(["llm-marketplace"])
    .readonly()
    .timezone("browser")
    .refresh("30s")
    .time({ from: "now-3h", to: "now" })
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(spec.variables.map(queryVariable));
  if (spec.releases !== false) builder.annotation(releases());
  let [y, id] = [0, 1];
  for (const { title, panels } of spec.sections) {
    if (panels.length === 0) continue;
    builder.withRow(new RowBuilder(title).id(id++).gridPos({ x: 0, y: y++, w: gridColumns, h: 1 }));
    let [x, tallest] = [0, 0];
    for (const panel of panels) {
      if (x + panelWidth(panel) > gridColumns) {
        y += tallest;
        [x, tallest] = [0, 0];
      }
      const built = buildPanel(panel, { id: id++, x, y }, spec.links);
      builder.withPanel({ build: () => built });
      x += panelWidth(panel);
      tallest = Math.max(tallest, panelHeight(panel));
    }
    y += tallest;
  }
  return builder.build();
}

function queryVariable({ name, label, series, from, all }: VariableSpec): QueryVariableBuilder {
  const builder = new QueryVariableBuilder(name)
    .label(label)
    .datasource(dataSources.prometheus)
    .query(`label_values(${series}, ${from})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: "All", value: "$__all" });
  return all === undefined ? builder : builder.allValue(all);
}

/** A line where a Rollout started, finished or went back. */
function releases(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name("Releases")
    .datasource(dataSources.prometheus)
    .enable(true)
    .iconColor("blue")
    .expr(
      `sum by (name, reason) (increase(rollout_events_total{exported_namespace="${namespaces.services}",reason=~"RolloutUpdated|RolloutCompleted|RolloutAborted"}[2m])) > 0`,
    )
    .titleFormat("{{name}}")
    .textFormat("{{reason}}");
}
