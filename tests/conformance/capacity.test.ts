// Proof of room, on a real control plane with simulated nodes: the whole platform of every stack on its minimum nodes,
// production without one of its zones, and production at its maximum. Charts, operators and the sidecar injector do not
// run here: placeholders with the footprint's requests and the plan's own placement stand for their pods.
import { expect } from "chai";
import { workloads } from "../../components/core/footprint.ts";
import { capacity, type Scale } from "../../config/capacity.ts";
import { resolvedSettings, stacks } from "../../config/resolve.ts";
import type { PlatformSettings } from "../../config/settings-types.ts";
import { nodesOf, poolLabel, zoneOf } from "../support/capacity/nodes.ts";
import { canaryOf, rowLabel } from "../support/capacity/placeholders.ts";
import {
  formatPools,
  isReady,
  misplaced,
  type Placements,
  podName,
  roomOf,
  zonesOf,
} from "../support/capacity/placements.ts";
import { hasNoNode, isOf, World } from "../support/capacity/world.ts";
import { planOfStack } from "../support/plans.ts";

const today = new Date("2026-11-23T12:00:00Z");
const minuteMillis = 60_000;
const onAws = stacks.filter((stack) => stack !== "local");

function print(lines: readonly string[]): void {
  console.log(lines.map((line) => `        ${line}`).join("\n"));
}

/** Pods without a node, by row or service. */
function unplaced({ pods }: Placements): Record<string, number> {
  const count: Record<string, number> = {};
  for (const { metadata } of pods.filter(hasNoNode)) {
    const row = metadata.labels?.[rowLabel] ?? metadata.name;
    count[row] = (count[row] ?? 0) + 1;
  }
  return count;
}

/** Pods, free CPU and free memory of all nodes together. */
function totals(placements: Placements) {
  const rooms = [...roomOf(placements).values()];
  const sum = (key: "pods" | "freeCpuMillis" | "freeMemoryMiB") =>
    rooms.reduce((total, room) => total + room[key], 0);
  return { pods: sum("pods"), freeCpuMillis: sum("freeCpuMillis"), freeMemoryMiB: sum("freeMemoryMiB") };
}

/** The same by the arithmetic of `config/capacity.ts`. */
function counted(settings: PlatformSettings, scale: Scale, canary?: string) {
  const report = capacity(settings, scale, canary);
  const sum = (key: "pods" | "freeCpuMillis" | "freeMemoryMiB") =>
    report.pools.reduce((total, pool) => total + pool[key], 0);
  return {
    unplaced: report.unplaced,
    totals: { pods: sum("pods"), freeCpuMillis: sum("freeCpuMillis"), freeMemoryMiB: sum("freeMemoryMiB") },
  };
}

/** Holds for every pod of the platform: nothing waits, everything is where its own rules and the arithmetic want it. */
function expectRoom(placements: Placements, arithmetic: ReturnType<typeof counted>): void {
  expect(unplaced(placements)).to.deep.equal({});
  expect(placements.pods.filter((pod) => !isReady(pod)).map(podName)).to.deep.equal([]);
  expect(misplaced(placements)).to.deep.equal([]);
  expect(arithmetic.unplaced).to.deep.equal({});
  expect(totals(placements)).to.deep.equal(arithmetic.totals);
}

for (const stack of onAws) {
  describe(`The whole platform of ${stack} on its minimum nodes`, function () {
    this.timeout(6 * minuteMillis);
    const settings = resolvedSettings(stack, today);
    const zones = settings.network.zones;
    let world: World;

    before(async () => {
      world = await World.start(await planOfStack(stack), settings, "minimum");
    });
    after(() => world?.stop());

    it("is scheduled with nothing pending, spread and anti-affinity kept, as the arithmetic says", async () => {
      const placements = await world.settle();
      print(formatPools(stack, placements));
      expectRoom(placements, counted(settings, "minimum"));
    });

    it("has every service and every store of several members in as many zones as it can", async () => {
      const placements = await world.settle();
      const spread = { ...servicesOf(settings), ...storesOf(world) };
      for (const [name, count] of Object.entries(spread)) {
        const seen = new Set(zonesOf(placements, isOf(name)));
        expect(seen.size, name).to.equal(Math.min(count, zones.length));
      }
    });

    if (stack === "production") productionOnly(() => world, settings);
    if (keepsStoresOfThree(settings)) {
      it("keeps two of the three members of each store when a zone is lost", async () => {
        const [zone = ""] = zones;
        const { nodes } = await world.settle();
        const lost = await world.loseZone(zone);
        // Spot groups are not zonal: the autoscaler starts their nodes in the zones that are left.
        await world.plane.createNodes(world.elsewhere(lost, zones.slice(1)));
        const placements = await world.settle();
        expect(placements.nodes.length).to.equal(nodes.length);
        print(formatPools(`${stack} without ${zone}`, placements));
        await expectOnlyBoundPending(world, placements, zone);
      });
    }
  });
}

/** Whether the stack keeps databases or brokers of several members in the cluster, on nodes of no zone of their own. */
function keepsStoresOfThree({ data, messaging }: PlatformSettings): boolean {
  return [data.postgres, data.redis, messaging.kafka].some(
    (store) => store.mode === "in-cluster" && store.members > 1,
  );
}

/** Replicas of each service. */
function servicesOf({ services }: PlatformSettings): Record<string, number> {
  return Object.fromEntries(services.map(({ name, scaling }) => [name, scaling.minReplicas]));
}

/** Members of each store that has several: whatever keeps volumes. */
function storesOf({ platform }: World): Record<string, number> {
  const keepsVolumes = (row: string) => {
    const workload = workloads[row as keyof typeof workloads];
    return workload !== undefined && (workload.storage !== undefined || workload.storageGiB !== undefined);
  };
  return Object.fromEntries(
    Object.entries(platform.pods).filter(([row, count]) => count > 1 && keepsVolumes(row)),
  );
}

/** After the loss of a zone: what has its volume there waits, everything else is ready, stores keep their majority. */
async function expectOnlyBoundPending(world: World, placements: Placements, zone: string): Promise<void> {
  const waiting = placements.pods.filter((pod) => !isReady(pod)).map(podName);
  expect(waiting.sort()).to.deep.equal(await world.boundTo(zone));
  expect(waiting).not.to.deep.equal([]);
  expect(misplaced(placements)).to.deep.equal([]);
  for (const [store, members] of Object.entries(storesOf(world))) {
    if (members !== 3) continue;
    const ready = placements.pods.filter((pod) => isOf(store)(pod) && isReady(pod));
    expect(ready.length, store).to.equal(2);
  }
}

/** What only the twelve nodes of production must bear. */
function productionOnly(world: () => World, settings: PlatformSettings): void {
  const largest = settings.services.reduce((a, b) => (a.scaling.minReplicas > b.scaling.minReplicas ? a : b));

  it(`holds a canary of ${largest.name} at its last step beside the old version`, async () => {
    const surge = largest.scaling.minReplicas;
    const canary = canaryOf(await planOfStack("production"), largest.name, surge);
    await world().plane.apply([canary]);
    const placements = await world().settle(surge);
    print(formatPools(`production with ${surge} surge pods of ${largest.name}`, placements));
    expectRoom(placements, counted(settings, "minimum", largest.name));
    await world().plane.delete(canary);
    await world().settle();
  });

  for (const zone of settings.network.zones) {
    it(`without ${zone} has every stateless replica ready, and waits only for what has its volume there`, async () => {
      const lost = await world().loseZone(zone);
      const placements = await world().settle();
      print(formatPools(`production without ${zone}`, placements));
      await expectOnlyBoundPending(world(), placements, zone);
      await world().plane.createNodes(lost);
      const healed = await world().settle();
      expect(healed.pods.filter((pod) => !isReady(pod)).map(podName)).to.deep.equal([]);
    });
  }
}

describe("Nodes that are missing", function () {
  this.timeout(6 * minuteMillis);
  let world: World;
  after(() => world?.stop());

  it("are missed by the scheduler and by the arithmetic for the same pods", async () => {
    const [settings, plan] = [resolvedSettings("production", today), await planOfStack("production")];
    const pools = settings.cluster.pools.map((pool) =>
      pool.name === "memory" ? { ...pool, onDemand: { ...pool.onDemand, minimum: 2 } } : pool,
    );
    const smaller = { ...settings, cluster: { ...settings.cluster, pools } };
    const [first, ...others] = nodesOf(plan, "minimum").filter(
      (node) => node.metadata.labels?.[poolLabel] === "memory",
    );
    const kept = nodesOf(plan, "minimum").filter((node) => node.metadata.name !== first?.metadata.name);
    expect(others.map(zoneOf)).to.have.length(2);
    world = await World.start(plan, settings, "minimum", kept);
    const placements = await world.settle();
    expect(unplaced(placements)).to.deep.equal({ elasticsearch: 1 });
    expect(counted(smaller, "minimum").unplaced).to.deep.equal({ elasticsearch: 1 });
  });
});

describe("Production at the maximum replicas of its services", function () {
  this.timeout(6 * minuteMillis);
  const settings = resolvedSettings("production", today);
  const largest = settings.services.reduce((a, b) => (a.scaling.maxReplicas > b.scaling.maxReplicas ? a : b));
  let world: World;

  before(async () => {
    world = await World.start(await planOfStack("production"), settings, "maximum");
  });
  after(() => world?.stop());

  it("fits on 50 nodes, as the arithmetic says", async () => {
    const placements = await world.settle();
    print(formatPools("production at its maximum", placements));
    expect(placements.nodes.length).to.equal(50);
    expectRoom(placements, counted(settings, "maximum"));
  });

  it(`fits with a canary of ${largest.name} at its last step as well`, async () => {
    const surge = largest.scaling.maxReplicas;
    await world.plane.apply([canaryOf(await planOfStack("production"), largest.name, surge)]);
    const placements = await world.settle(surge);
    print(formatPools(`production at its maximum with ${surge} surge pods of ${largest.name}`, placements));
    expectRoom(placements, counted(settings, "maximum", largest.name));
  });
});
