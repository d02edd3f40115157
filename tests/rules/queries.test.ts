// Every query of every dashboard, rule and analysis of every stack, run on a real Prometheus that reads what the
// exporters and services of that stack expose. Needs the tool set tools/go/prometheus, which is built on first use.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { errorRateQuery, latencyQuery } from "../../components/kubernetes/analysis.ts";
import { root } from "../support/cli.ts";
import { exportersOf } from "./exporters/index.ts";
import { serviceExporters } from "./exporters/services.ts";
import { emptyQueries, emptySelectors } from "./support/check-queries.ts";
import { startPrometheus, type TestPrometheus } from "./support/prometheus.ts";
import { type AskedQuery, dashboardQueries, ruleExpressions } from "./support/queries.ts";
import { type Rendered, render } from "./support/rendered.ts";

/** A stack of each kind of stores: managed by the cloud, by operators, and the ensemble with ZooKeeper. */
const kinds = ["production", "in-cluster", "zookeeper"] as const;

for (const name of kinds) {
  describe(`Queries of ${name}`, function () {
    this.timeout(240_000);
    let stack: Rendered;
    let prometheus: TestPrometheus;

    before(async function () {
      this.timeout(1_800_000);
      stack = await render(name);
      prometheus = await startPrometheus(stack, exportersOf(stack));
    });
    after(() => prometheus?.stop());

    it("every selector of a rule names series that an exporter or a record of the stack has", async () => {
      expect(await emptySelectors(prometheus, ruleExpressions(stack))).to.deep.equal([]);
    });

    it("every selector of a dashboard does, too", async () => {
      expect(await emptySelectors(prometheus, dashboardQueries(stack))).to.deep.equal([]);
    });

    it("every query of a panel, a variable and an annotation returns a series", async () => {
      expect(await emptyQueries(prometheus, dashboardQueries(stack))).to.deep.equal([]);
    });

    it("the analyses by which canaries go on or back find the new version's series", async () => {
      expect(await emptySelectors(prometheus, analyses())).to.deep.equal([]);
    });

    it("a misspelt metric, and a label that nobody has, are found", async () => {
      const wrong: AskedQuery[] = [
        { where: "a panel", expr: "sum(rate(istio_request_total[5m]))" },
        { where: "a rule", expr: 'marketplace_dependency_up{servce="publishing"} == 0' },
        { where: "a good one", expr: "sum(rate(istio_requests_total[5m]))" },
      ];
      expect(await emptySelectors(prometheus, wrong, 3000)).to.deep.equal([
        "a panel: nobody exports istio_request_total{}",
        'a rule: nobody exports marketplace_dependency_up{servce="publishing"}',
      ]);
    });

    it("a query that is no PromQL is refused in Prometheus's own words", async () => {
      const error = await prometheus.query("sum(rate(up[5m])").catch((thrown: Error) => thrown.message);
      expect(error).to.match(/parse error: unclosed left parenthesis/);
    });
  });
}

describe("Queries of locally run services", function () {
  this.timeout(240_000);
  let local: Rendered;
  let prometheus: TestPrometheus;

  before(async function () {
    this.timeout(1_800_000);
    local = localFiles();
    // Without a mesh there is nothing of sidecars.
    const own = serviceExporters(local.services).map((exporter) => ({
      ...exporter,
      metrics: exporter.metrics.filter(({ name }) => !name.startsWith("istio_")),
    }));
    prometheus = await startPrometheus(local, own);
  });
  after(() => prometheus?.stop());

  it("find a series each, with the records of services/dev and the services' own metrics alone", async () => {
    expect(dashboardQueries(local)).not.to.deep.equal([]);
    expect(await emptyQueries(prometheus, dashboardQueries(local))).to.deep.equal([]);
  });
});

/** The committed files under services/dev, in the form of a plan's. */
function localFiles(): Rendered {
  const folder = join(root, "services", "dev");
  const dashboards = readdirSync(join(folder, "grafana", "dashboards")).map((file) => {
    const text = readFileSync(join(folder, "grafana", "dashboards", file), "utf8");
    return [file.replace(/\.json$/, ""), JSON.parse(text)] as const;
  });
  const { groups } = parse(readFileSync(join(folder, "prometheus", "records.yaml"), "utf8"));
  return {
    stack: "services/dev",
    rules: new Map([["records", groups]]),
    dashboards: new Map(dashboards),
    alertmanagerTemplate: "",
    cloudWatch: [],
    services: groups.map(({ name }: { name: string }) => name),
  };
}

/** The queries with the arguments that the Rollout of consumption gives. */
function analyses(): AskedQuery[] {
  const args: Readonly<Record<string, string>> = {
    namespace: "llm-marketplace",
    service: "consumption",
    "new-hash": "5f6d8c7b9",
    histogram: "marketplace_overhead_milliseconds_bucket",
  };
  const fill = (query: string) => query.replace(/\{\{args\.([\w-]+)\}\}/g, (_, arg) => args[arg] ?? "");
  return [errorRateQuery, latencyQuery].map((query) => ({ where: "analysis", expr: fill(query) }));
}
