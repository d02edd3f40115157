/**
 * Writes what a Grafana and a Prometheus beside locally run services read into `services/dev/`: the six dashboards and
 * the records that they ask for; with `--check` fails where a file is stale. Without mesh and Kubernetes the services'
 * own metrics stand for the mesh's, and panels that only a cluster can fill are left out.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { serviceSeries } from "../components/kubernetes/alerts/service.ts";
import { workGroups } from "../components/kubernetes/alerts/service-work.ts";
import { dashboards } from "../components/kubernetes/dashboards/index.ts";
import { resolvedSettings } from "../config/resolve.ts";

const root = resolve(import.meta.dirname, "..");
const { services } = resolvedSettings("local");

const files = new Map<string, string>([
  ["services/dev/prometheus/records.yaml", records()],
  ...Object.entries(
    dashboards({
      services,
      sources: {
        cluster: "none",
        elasticsearch: "none",
        postgres: "none",
        redis: "none",
        kafka: "none",
        postgresLimits: undefined,
      },
    }),
  ).map(([name, model]): [string, string] => [
    `services/dev/grafana/dashboards/${name}.json`,
    `${JSON.stringify(model, null, 2)}\n`,
  ]),
]);

/** The targets must have `job` = name of the service and `namespace` = `llm-marketplace`, as in the cluster. */
function records(): string {
  const series = 'namespace="llm-marketplace",job=';
  const groups = services.map((service) => {
    const of = (matchers = "") => `{${series}"${service.name}"${matchers}}`;
    const labels = { service: service.name };
    const requests = (matchers = "") =>
      `sum(rate(http_server_request_duration_seconds_count${of(matchers)}[5m]))`;
    const [histogram, factor] =
      service.objective.latencyOf === "overhead"
        ? ["marketplace_overhead_milliseconds_bucket", 1]
        : ["http_server_request_duration_seconds_bucket", 1000];
    const errors = (window: string) => ({
      record: `service:availability_errors:ratio_rate${window}`,
      labels,
      expr: `(${requests(',http_response_status_code=~"5.."')} or vector(0)) / ${requests()}`.replaceAll(
        "[5m]",
        `[${window}]`,
      ),
    });
    return {
      name: service.name,
      rules: [
        { record: serviceSeries.requests, labels, expr: requests() },
        errors("5m"),
        errors("1h"),
        ...Object.entries(serviceSeries.latency).map(([quantile, record]) => ({
          record,
          labels,
          expr: `${factor} * histogram_quantile(${quantile}, sum by (le) (rate(${histogram}${of()}[5m])))`,
        })),
        ...workGroups(service).flatMap(({ rules }) => rules.filter((rule) => "record" in rule)),
      ],
    };
  });
  const about =
    "# Records of locally run services, written by tools/dev-dashboards.ts (make goldens). Targets need the labels\n" +
    '# job="<service>" and namespace="llm-marketplace".\n';
  return about + stringify({ groups }, { lineWidth: 0, aliasDuplicateObjects: false });
}

const check = process.argv.includes("--check");
for (const [file, text] of files) {
  const path = join(root, file);
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
    console.error(`stale: ${file} (renew it with make goldens)`);
    process.exitCode = 1;
  }
}
