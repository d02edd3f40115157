// Covers the six dashboards as models: what every panel has, where it stands, which queries it asks on which stack, and
// its links. Whether queries find anything is shown by tests/rules on a real Prometheus.

import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { expect } from "chai";
import type { MetricSources } from "../../../components/kubernetes/alerts/sources.ts";
import { type Ladder, thresholds } from "../../../components/kubernetes/alerts/thresholds.ts";
import { dashboards } from "../../../components/kubernetes/dashboards/index.ts";
import { exploreUrl, logsLink, variable } from "../../../components/kubernetes/dashboards/links.ts";
import { dashboardNames, dashboardTitles } from "../../../components/kubernetes/dashboards/names.ts";
import { thresholdSteps } from "../../../components/kubernetes/dashboards/panel.ts";
import * as fake from "../../support/fake-cloud.ts";

const sources: Readonly<Record<string, MetricSources>> = {
  inCluster: {
    cluster: "kubernetes",
    elasticsearch: "exporter",
    postgres: "cloudnative-pg",
    redis: "redis-exporter",
    kafka: "kafka-exporter",
    postgresLimits: undefined,
  },
  managed: {
    cluster: "kubernetes",
    elasticsearch: "exporter",
    postgres: "cloudwatch",
    redis: "cloudwatch",
    kafka: "kafka-exporter",
    postgresLimits: { connections: 500, storageGiB: 100 },
  },
};
const modelsOf = (name: string) =>
  dashboards({ services: fake.services, sources: sources[name] as MetricSources });

/** Every panel with its dashboard's name; rows are not panels. */
function panelsOf(name: string): [string, Panel][] {
  return Object.entries(modelsOf(name)).flatMap(([dashboard, { panels = [] }]) =>
    panels
      .filter((panel): panel is Panel => panel.type !== "row")
      .map((panel): [string, Panel] => [dashboard, panel]),
  );
}

for (const kind of Object.keys(sources)) {
  describe(`The six dashboards, stores ${kind}`, () => {
    it("have their titles, and a name by which alerts link to them", () => {
      const models = modelsOf(kind);
      expect(Object.keys(models)).to.deep.equal(dashboardNames);
      for (const name of dashboardNames) {
        expect([models[name].uid, models[name].title]).to.deep.equal([name, dashboardTitles[name]]);
      }
    });

    it("give every panel a title, a unit, thresholds, queries and links to logs and traces", () => {
      for (const [dashboard, panel] of panelsOf(kind)) {
        const where = `${dashboard} › ${panel.title}`;
        expect(panel.title, where).to.match(/^[A-Z]/);
        expect(panel.fieldConfig?.defaults.unit, where).to.match(/\w/);
        expect(panel.fieldConfig?.defaults.thresholds?.steps, where).not.to.deep.equal([]);
        expect(panel.targets, where).not.to.deep.equal([]);
        expect(
          panel.links?.map(({ title }) => title),
          where,
        ).to.deep.equal(["Logs", "Traces"]);
      }
    });

    it("draw every threshold of the table that a series on them has", () => {
      const drawn = new Set(
        panelsOf(kind).map(([, panel]) => JSON.stringify(panel.fieldConfig?.defaults.thresholds)),
      );
      const shown: (keyof typeof thresholds)[] = ["errorRate", "latencyP95", "disk", "memory", "cacheHits"];
      for (const name of shown) {
        expect(drawn, name).to.include(JSON.stringify(thresholdSteps(thresholds[name]).build()));
      }
    });

    it("place panels on the grid, none over another and none beyond its edge", () => {
      for (const [dashboard, { panels = [] }] of Object.entries(modelsOf(kind))) {
        const taken = new Map<string, string | undefined>();
        expect(new Set(panels.map(({ id }) => id)).size, dashboard).to.equal(panels.length);
        for (const { gridPos, title } of panels) {
          if (gridPos === undefined) throw new Error(`${dashboard} › ${title} has no place`);
          expect(gridPos.x + gridPos.w, `${dashboard} › ${title}`).to.be.at.most(24);
          for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
            for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
              expect(taken.get(`${x} ${y}`), `${dashboard} › ${title}`).to.equal(undefined);
              taken.set(`${x} ${y}`, title);
            }
          }
        }
      }
    });

    it("stay far below the megabyte that a ConfigMap may hold", () => {
      for (const [name, model] of Object.entries(modelsOf(kind))) {
        expect(JSON.stringify(model).length, name).to.be.below(128 * 1024);
      }
    });
  });
}

describe("Panels of a stack", () => {
  const text = (all: ReturnType<typeof dashboards>) => JSON.stringify(all);

  it("ask the exporters that the stack has, and no other", () => {
    expect(text(modelsOf("managed")))
      .to.include("aws_rds_")
      .and.not.include("cnpg_");
    expect(text(modelsOf("inCluster")))
      .to.include("cnpg_")
      .and.not.include("aws_");
  });

  it("are left out with their row where nobody exports the store's metrics", () => {
    const none: MetricSources = {
      ...(sources.inCluster as MetricSources),
      postgres: "none",
      redis: "none",
      kafka: "none",
    };
    const models = dashboards({ services: fake.services, sources: none });
    const rows = (models["database-performance"].panels ?? []).filter(({ type }) => type === "row");
    expect(rows.map(({ title }) => title)).to.deep.equal(["As the services see them", "Elasticsearch"]);
  });

  it("on services' own metrics are there only where a service exports them", () => {
    const one = dashboards({ services: [fake.service("admin")], sources: sources.managed as MetricSources });
    const titles = (one["business-metrics"].panels ?? []).map(({ title }) => title);
    expect(titles).to.deep.equal(["Listings and searches", "Reviews, in an hour"]);
  });
});

describe("Thresholds of a panel", () => {
  const colours = (ladder: Ladder | undefined) =>
    thresholdSteps(ladder)
      .build()
      .steps.map(({ value, color }) => [value, color]);

  it("turn yellow at the warning and red at the critical value", () => {
    expect(colours(thresholds.errorRate)).to.deep.equal([
      [null, "green"],
      [0.005, "yellow"],
      [0.01, "red"],
    ]);
  });

  it("turn green above the warning where low values are bad", () => {
    expect(colours(thresholds.certificateAge)).to.deep.equal([
      [null, "red"],
      [3 * 86_400, "yellow"],
      [10 * 86_400, "green"],
    ]);
    expect(colours(thresholds.cacheHits)).to.deep.equal([
      [null, "yellow"],
      [0.9, "green"],
    ]);
  });
});

describe("A link to Explore", () => {
  it("carries the query and the time range, and leaves variables for Grafana to fill in", () => {
    const url = exploreUrl(logsLink(`{app=~"${variable("service:pipe")}"}`));
    expect(url).to.include(variable("service:pipe")).and.include(variable("__from"));
    const filled = url.replace(variable("service:pipe"), "admin|discovery");
    const panes = JSON.parse(decodeURIComponent(filled.split("panes=")[1] ?? ""));
    expect(panes.pane.datasource).to.equal("loki");
    expect(panes.pane.queries[0].expr).to.equal('{app=~"admin|discovery"}');
  });
});
