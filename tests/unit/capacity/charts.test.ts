// How the footprint is compared with rendered charts, on objects as charts render them, and with a stand-in for Helm.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Chart, differencesFromChart, renderChart } from "../../support/capacity/charts.ts";
import type { Source } from "../../support/capacity/sources.ts";

const values = { replicas: 2, resources: { requests: { cpu: "100m", memory: "200Mi" } } };
const source: Source = {
  id: "Release metrics-server",
  kind: "Release",
  namespace: "kube-system",
  body: values,
};
const matches = [{ row: "metrics-server" as const, source }];

const deployment = (cpu: string) => ({
  kind: "Deployment",
  metadata: { name: "metrics-server" },
  spec: { template: { spec: { containers: [{ resources: { requests: { cpu, memory: "200Mi" } } }] } } },
});
const differences = (...objects: object[]) =>
  differencesFromChart(matches, [source], "metrics-server", objects);

describe("A rendered chart", () => {
  it("agrees with a row of the same kind and requests", () => {
    expect(differences(deployment("100m"), { kind: "Service", metadata: { name: "x" } })).to.deep.equal([]);
  });

  it("differs where it makes pods that no row says, or not those that one says", () => {
    expect(differences(deployment("300m"))).to.deep.equal([
      "metrics-server: the chart makes metrics-server, Deployment of 300m and 200Mi; no row says so",
      "metrics-server: row metrics-server says Deployment of 100m and 200Mi; the chart makes none",
    ]);
  });
});

describe("Helm", () => {
  const chart: Chart = {
    release: "metrics-server",
    namespace: "kube-system",
    chart: "metrics-server",
    version: "3.13.1",
    repository: "https://charts.example.com",
    values,
  };
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "helm-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function standIn(name: string, script: string): string {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  it("gets the values and gives the objects", async () => {
    const helm = standIn(
      "echo",
      'printf "kind: Deployment\\nvalues: "; cat; printf "\\n---\\nkind: Service\\n"',
    );
    expect(await renderChart(chart, helm)).to.deep.equal({
      objects: [{ kind: "Deployment", values }, { kind: "Service" }],
    });
  });

  it("is left out with its reason where it is missing or reaches no repository", async () => {
    const missing = join(folder, "none");
    expect(await renderChart(chart, missing)).to.deep.equal({ leftOut: `${missing} is not on PATH` });
    const offline = standIn(
      "offline",
      "echo 'Error: dial tcp: lookup charts.example.com: no such host' >&2; exit 1",
    );
    expect(await renderChart(chart, offline)).to.deep.equal({
      leftOut: "its repository was not reached: Error: dial tcp: lookup charts.example.com: no such host",
    });
  });

  it("fails where the chart refuses the values", async () => {
    const refusing = standIn(
      "refusing",
      "cat >/dev/null; echo 'Error: values do not meet the schema' >&2; exit 1",
    );
    const refused = await renderChart(chart, refusing).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(refused).to.equal("metrics-server: Error: values do not meet the schema");
  });
});
