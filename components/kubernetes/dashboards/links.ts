/** Data sources by the `uid`s that Grafana is provisioned with, and links into them. */
export const dataSources = {
  prometheus: { type: "prometheus", uid: "prometheus" },
  loki: { type: "loki", uid: "loki" },
  jaeger: { type: "jaeger", uid: "jaeger" },
} as const;

/** A link to Explore with a query in it; it takes the dashboard's time range along. */
export interface ExploreLink {
  readonly title: string;
  readonly source: keyof typeof dataSources;
  readonly query: Readonly<Record<string, string>>;
}

/** Log lines by a LogQL query, which may hold variables of the dashboard. */
export function logsLink(query: string): ExploreLink {
  return { title: "Logs", source: "loki", query: { expr: query } };
}

/** Traces of a service; a variable of the dashboard stands for the chosen one. */
export function tracesLink(service: string): ExploreLink {
  return { title: "Traces", source: "jaeger", query: { queryType: "search", service } };
}

/** Grafana fills variables in before it opens a link, so they alone stay as they are written. */
export function exploreUrl({ source, query }: ExploreLink): string {
  const pane = {
    datasource: dataSources[source].uid,
    queries: [{ refId: "A", datasource: dataSources[source], ...query }],
    range: { from: variable("__from"), to: variable("__to") },
  };
  const encoded = encodeURIComponent(JSON.stringify({ pane }));
  const readable = encoded.replace(/%24%7B(\w+)(?:%3A(\w+))?%7D/g, (_, name, format) =>
    variable(format === undefined ? name : `${name}:${format}`),
  );
  return `/explore?schemaVersion=1&orgId=1&panes=${readable}`;
}

/** A variable as Grafana writes it, with or without a format: `service:pipe`. */
export function variable(name: string): string {
  return `\${${name}}`;
}
