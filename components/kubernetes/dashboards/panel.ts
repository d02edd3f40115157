import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardLinkBuilder,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { type Ladder, thresholds } from "../alerts/thresholds.ts";
import { dataSources, type ExploreLink, exploreUrl } from "./links.ts";

/** Columns of Grafana's grid that a panel takes: quarter, third, half or all of a row. */
export type Width = 6 | 8 | 12 | 24;

export interface Query {
  readonly expr: string;
  /** Text of the legend, with labels in double braces. */
  readonly legend: string;
}

export interface PanelSpec {
  readonly title: string;
  /** What the numbers mean and what a bad one tells, where the title does not say it. */
  readonly description?: string;
  /** Grafana's id of the unit. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** The thresholds of the alerts on the same series. */
  readonly ladder?: Ladder;
  /** One number now, in place of a line over time. */
  readonly stat?: boolean;
  /** Default 8, a third of a row. */
  readonly width?: Width;
  /** Highest value there can be, such as 1 of a share. */
  readonly max?: number;
}

/** Share of the pods of each service that reach some of what they need. */
export function reachedPanel(title: string, dependencies: string): PanelSpec {
  return {
    title,
    description: `${thresholds.dependency.reason}.`,
    unit: "percentunit",
    max: 1,
    queries: [
      {
        expr: `avg by (job, dependency) (marketplace_dependency_up{${dependencies}})`,
        legend: "{{job}} → {{dependency}}",
      },
    ],
    ladder: thresholds.dependency,
  };
}

export interface Place {
  readonly id: number;
  readonly x: number;
  readonly y: number;
}

const height = { stat: 4, timeseries: 8 } as const;

export function panelWidth({ width }: PanelSpec): Width {
  return width ?? 8;
}

export function panelHeight({ stat }: PanelSpec): number {
  return stat ? height.stat : height.timeseries;
}

export function buildPanel(spec: PanelSpec, place: Place, links: readonly ExploreLink[]): Panel {
  const builder = spec.stat ? statPanel() : timeseriesPanel(spec);
  builder
    .id(place.id)
    .title(spec.title)
    .unit(spec.unit)
    .datasource(dataSources.prometheus)
    .gridPos({ x: place.x, y: place.y, w: panelWidth(spec), h: panelHeight(spec) })
    .thresholds(thresholdSteps(spec.ladder))
    .links(links.map((link) => new DashboardLinkBuilder(link.title).url(exploreUrl(link)).targetBlank(true)))
    .targets(spec.queries.map((query, index) => prometheusQuery(query, index, spec.stat === true)));
  if (spec.description !== undefined) builder.description(spec.description);
  if (spec.max !== undefined) builder.max(spec.max);
  return builder.build();
}

function statPanel(): StatBuilder {
  return new StatBuilder().reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
}

function timeseriesPanel({ ladder }: PanelSpec): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .min(0)
    .lineWidth(1)
    .fillOpacity(10)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        ladder === undefined ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed,
      ),
    );
}

/** Green, yellow from the warning, red from the critical value; the other way round where low values are bad. */
export function thresholdSteps(ladder: Ladder | undefined): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps(ladder));
}

function steps(ladder: Ladder | undefined): Threshold[] {
  if (ladder === undefined) return [{ value: null, color: "green" }];
  const { warning, critical, breach } = ladder;
  const step = (value: number | undefined, color: string) => (value === undefined ? [] : [{ value, color }]);
  if (breach === "above") {
    return [{ value: null, color: "green" }, ...step(warning, "yellow"), ...step(critical, "red")];
  }
  const worst = critical === undefined ? "yellow" : "red";
  return [{ value: null, color: worst }, ...step(critical, "yellow"), ...step(warning, "green")];
}

function prometheusQuery({ expr, legend }: Query, index: number, instant: boolean): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .refId(String.fromCharCode("A".charCodeAt(0) + index))
    .datasource(dataSources.prometheus)
    .expr(expr)
    .legendFormat(legend);
  return instant ? query.instant() : query.range();
}
