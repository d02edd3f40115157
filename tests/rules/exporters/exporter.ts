/**
 * What exporters expose, as facts: names and labels at the pinned versions, with the place they were read. From this
 * table a small server answers a real Prometheus; a query that names what is not in it finds nothing.
 */
export interface Exporter {
  readonly name: string;
  /** Version of the image or chart that the platform pins. */
  readonly version: string;
  /** Where names and labels come from. */
  readonly source: string;
  /** Labels that the monitor gives every series: job, namespace, pod … */
  readonly target: Readonly<Record<string, string>>;
  /** Whether the monitor lets labels of the exporter win over the target's (`honorLabels`). Default: false. */
  readonly honorLabels?: boolean;
  readonly metrics: readonly Metric[];
}

export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Every combination of these values is a series; one without labels where there are none. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** A gauge's value; a timestamp is given as `now` with seconds added. Default 1. */
  readonly value?: number | { readonly now: number };
  /** Upper bounds of a histogram's buckets as they are written, without `+Inf`. */
  readonly buckets?: readonly string[];
}

export const counter = (name: string, labels: Metric["labels"] = {}): Metric => ({
  name,
  type: "counter",
  labels,
});

export const gauge = (name: string, labels: Metric["labels"] = {}, value: Metric["value"] = 1): Metric => ({
  name,
  type: "gauge",
  labels,
  value,
});

export const histogram = (
  name: string,
  buckets: readonly (string | number)[],
  labels: Metric["labels"] = {},
): Metric => ({ name, type: "histogram", labels, buckets: buckets.map(String) });

/** Every combination of label values. */
export function seriesOf({ labels = {} }: Metric): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (all, [label, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );
}

/** The exposition format; counters and buckets have grown with every `turn`. */
export function exposition({ metrics }: Exporter, turn: number, now: number): string {
  const lines: string[] = [];
  const sample = (name: string, labels: Record<string, string>, value: number) => {
    const text = Object.entries(labels).map(([label, one]) => `${label}="${one}"`);
    lines.push(`${name}${text.length > 0 ? `{${text.join(",")}}` : ""} ${value}`);
  };
  for (const metric of metrics) {
    lines.push(`# TYPE ${metric.name} ${metric.type}`);
    seriesOf(metric).forEach((labels, index) => {
      const grown = turn * (10 + index);
      if (metric.type === "counter") sample(metric.name, labels, grown);
      if (metric.type === "gauge") sample(metric.name, labels, gaugeValue(metric.value, now));
      if (metric.type !== "histogram") return;
      const bounds = [...(metric.buckets ?? []), "+Inf"];
      bounds.forEach((le, step) => {
        sample(`${metric.name}_bucket`, { ...labels, le }, grown * (step + 1));
      });
      sample(`${metric.name}_sum`, labels, grown);
      sample(`${metric.name}_count`, labels, grown * bounds.length);
    });
  }
  return `${lines.join("\n")}\n`;
}

function gaugeValue(value: Metric["value"], now: number): number {
  if (value === undefined) return 1;
  return typeof value === "number" ? value : now + value.now;
}
