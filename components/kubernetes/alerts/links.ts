import repository from "../../../package.json" with { type: "json" };
import type { DashboardName } from "../dashboards/names.ts";

/** The repository as people open it: `repository.url` of package.json, which a copy of the project changes once. */
const repositoryPage = repository.repository.url.replace(/^git\+/, "").replace(/\.git$/, "");

/** Grafana has no public address: people reach it with `kubectl port-forward`, as the guide says, at this one. */
const grafanaPage = "http://localhost:3000";

/** The page that says what to do; a test holds that it exists. */
export function runbookUrl(alert: string): string {
  return `${repositoryPage}/blob/main/docs/runbooks/${alert}.md`;
}

/** A dashboard, with variables set; values may hold alert templates, which Prometheus fills in. */
export function dashboardUrl(name: DashboardName, variables: Readonly<Record<string, string>> = {}): string {
  const query = Object.entries(variables).map(([variable, value]) => `var-${variable}=${value}`);
  return `${grafanaPage}/d/${name}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}
