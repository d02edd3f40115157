// The capacity proof: the pods of every stack fit its nodes, at the minimum and at the maximum, with the requests
// that the manifests carry. Prints what is free.
import { expect } from "chai";
import { podRequest, type WorkloadName, workloads } from "../../../components/core/footprint.ts";
import { capacity, formatCapacity, podGroups, type Scale } from "../../../config/capacity.ts";
import { resolvedConfig, resolvedSettings, stacks } from "../../../config/resolve.ts";
import { toSettings } from "../../../config/settings.ts";
import type { PlatformSettings } from "../../../config/settings-types.ts";
import { today } from "./support.ts";

const scales: readonly Scale[] = ["minimum", "maximum"];
const onAws = stacks.filter((stack) => stack !== "local");

function withPool(settings: PlatformSettings, name: string, minimum: number): PlatformSettings {
  const pools = settings.cluster.pools.map((pool) =>
    pool.name === name ? { ...pool, onDemand: { ...pool.onDemand, minimum } } : pool,
  );
  return { ...settings, cluster: { ...settings.cluster, pools } };
}

describe("Capacity", () => {
  for (const stack of onAws) {
    for (const scale of scales) {
      it(`holds every pod of ${stack} at the ${scale} number of nodes`, () => {
        const report = capacity(resolvedSettings(stack, today), scale);
        console.log(formatCapacity(report).replace(/^/gm, "        "));
        expect(report.unplaced).to.deep.equal({});
      });
    }
  }

  it("holds production's optimised profile too", () => {
    const config = { ...resolvedConfig("production", today), profile: "optimised" as const };
    const settings = toSettings(config, { project: "llm-marketplace", stack: "production" });
    for (const scale of scales) expect(capacity(settings, scale).unplaced).to.deep.equal({});
  });

  it("holds production's minimums with one general node less", () => {
    const settings = withPool(resolvedSettings("production", today), "general", 7);
    expect(capacity(settings, "minimum").unplaced).to.deep.equal({});
  });

  it("says what does not fit where nodes are missing", () => {
    const settings = withPool(resolvedSettings("production", today), "memory", 2);
    const report = capacity(settings, "minimum");
    expect(report.unplaced).to.deep.equal({ elasticsearch: 1 });
    expect(formatCapacity(report).split("\n").at(-1)).to.equal("no node for 1 × elasticsearch");
  });

  it("counts the status summary's nodes: 12 to 50, 6 to 12 and 3 to 5", () => {
    const nodes = (stack: string, scale: Scale) =>
      capacity(resolvedSettings(stack, today), scale).pools.map((pool) => pool.nodes);
    expect(nodes("production", "minimum")).to.deep.equal([8, 1, 3]);
    expect(nodes("production", "maximum")).to.deep.equal([38, 6, 6]);
    expect([nodes("staging", "minimum"), nodes("staging", "maximum")]).to.deep.equal([[6], [12]]);
    expect([nodes("dev", "minimum"), nodes("dev", "maximum")]).to.deep.equal([[3], [5]]);
  });

  it("counts the nominal size of the nodes as AWS sells them", () => {
    const total = (stack: string, scale: Scale) =>
      capacity(resolvedSettings(stack, today), scale).pools.reduce(
        (sum, pool) => [(sum[0] ?? 0) + pool.vcpu, (sum[1] ?? 0) + pool.memoryGiB],
        [0, 0],
      );
    expect(total("production", "minimum")).to.deep.equal([52, 240]);
    expect(total("production", "maximum")).to.deep.equal([224, 896]);
    expect([total("staging", "minimum"), total("staging", "maximum")]).to.deep.equal([
      [24, 96],
      [48, 192],
    ]);
    expect([total("dev", "minimum"), total("dev", "maximum")]).to.deep.equal([
      [12, 48],
      [20, 80],
    ]);
  });

  it("has 360 service pods in production at the maximum", () => {
    const settings = resolvedSettings("production", today);
    const names = settings.services.map((service) => service.name);
    const groups = podGroups(settings, "maximum").filter((group) => names.includes(group.workload));
    expect(groups.map(({ workload, count }) => `${workload} ${count}`)).to.deep.equal([
      "publishing 50",
      "discovery 100",
      "consumption 200",
      "admin 10",
    ]);
  });

  it("leaves out what a stack does not have", () => {
    const names = (stack: string) =>
      podGroups(resolvedSettings(stack, today), "minimum").map((g) => g.workload);
    expect(names("production")).not.to.include.members(["postgres", "redis", "kafka", "zookeeper"]);
    expect(names("in-cluster")).to.include.members(["postgres", "redis", "redis-sentinel", "kafka"]);
    expect(names("in-cluster")).not.to.include("zookeeper");
    expect(names("zookeeper")).to.include("zookeeper");
    expect(names("zookeeper")).not.to.include("strimzi-kafka-operator");
    expect(names("local")).to.include("object-store").and.not.to.include("external-dns");
  });
});

describe("The footprint", () => {
  const rows = Object.entries(workloads) as [WorkloadName, (typeof workloads)[WorkloadName]][];

  it("asks of every pod some CPU and memory, and limits the memory above it", () => {
    for (const [name] of rows.filter(([workload]) => workload !== "elasticsearch")) {
      for (const environment of ["local", "production"] as const) {
        const { cpuMillis, memoryMiB, memoryLimitMiB } = podRequest(name, environment);
        expect(cpuMillis, name).to.be.greaterThan(0);
        expect(memoryMiB, name).to.be.greaterThan(0);
        expect(memoryLimitMiB, name).to.be.at.least(memoryMiB);
      }
    }
  });

  it("uses only words that the code knows", () => {
    const known = {
      kind: ["DaemonSet", "Deployment", "StatefulSet", "Sidecar"],
      when: [
        undefined,
        "aws",
        "local",
        "managed-stores",
        "request-scaling",
        "postgres-in-cluster",
        "redis-in-cluster",
        "kafka-managed",
        "kafka-in-cluster",
        "kafka-kraft",
        "kafka-zookeeper",
      ],
      pool: [undefined, "memory"],
    };
    for (const [name, row] of rows) {
      expect(known.kind, name).to.include(row.kind);
      expect(known.when, name).to.include(row.when);
      expect(known.pool, name).to.include(row.pool);
      expect(row.replicas === "nodes", name).to.equal(row.kind === "DaemonSet");
      expect(row.replicas === "none", name).to.equal(row.kind === "Sidecar");
    }
  });
});
