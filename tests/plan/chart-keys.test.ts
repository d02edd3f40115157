/** Values of every Helm release against the committed list of its chart's keys: what no chart reads is a mistake. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import versions from "../../config/versions.json" with { type: "json" };
import { type ChartKeys, keyTree } from "../../tools/chart-keys.ts";
import { chartKeys, unknownKeys } from "../support/chart-keys.ts";
import { root } from "../support/cli.ts";
import { project } from "../support/plans.ts";
import { type HelmRelease, renderedStack } from "../support/rendered.ts";

describe("the values of Helm releases", () => {
  for (const stack of project.stacks) {
    it(`${stack}: each chart has a list of keys and knows every value given to it`, async () => {
      const { releases } = await renderedStack(stack);
      expect(releases.length).to.be.greaterThan(10);
      expect(releases.filter((release) => chartKeys(release) === undefined)).to.deep.equal([]);
      expect(releases.flatMap(unknownKeys)).to.deep.equal([]);
    });
  }

  it("fail with release and key where one is misspelt", async () => {
    const { releases } = await renderedStack("production");
    const release = releases.find(({ chart }) => chart === "argo-rollouts") as HelmRelease;
    const controller = { ...(release.values.controller as object), replica: 2 };
    const broken = { ...release, values: { ...release.values, controller, instalCRDs: true } };
    expect(unknownKeys(broken).sort()).to.deep.equal([
      `release argo-rollouts: the chart argo-rollouts ${release.version} has no value controller.replica`,
      `release argo-rollouts: the chart argo-rollouts ${release.version} has no value instalCRDs`,
    ]);
  });

  it("are free inside maps that a chart hands on", async () => {
    const { releases } = await renderedStack("production");
    const release = releases.find(({ chart }) => chart === "argo-rollouts") as HelmRelease;
    const values = {
      controller: { resources: { requests: { "example.com/gpu": 1 } }, podLabels: { any: "x" } },
    };
    expect(unknownKeys({ ...release, values })).to.deep.equal([]);
  });
});

describe("the lists of charts' keys", () => {
  const charts: Readonly<Record<string, { chart: string; version: string }>> = versions.charts;
  const folder = join(root, "config", "chart-keys");

  it("are of the pinned versions, one for each chart, and say where they come from", () => {
    const lists = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));
    expect(lists.sort()).to.deep.equal(Object.keys(charts).sort());
    for (const name of lists) {
      const list = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as ChartKeys;
      expect({ chart: list.chart, version: list.version }, name).to.deep.equal({
        chart: charts[name]?.chart,
        version: charts[name]?.version,
      });
      expect(list.source, name).to.match(/\S/);
    }
  });

  it("leave open what has no keys of its own: scalars, lists and empty maps", () => {
    expect(keyTree({ b: { c: 1, d: {} }, a: [{ e: 1 }], f: null })).to.deep.equal({
      a: true,
      b: { c: true, d: true },
      f: true,
    });
  });
});
