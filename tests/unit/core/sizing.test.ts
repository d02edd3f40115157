// Sizes: Kubernetes quantities, what a node leaves for pods, and packing pods onto nodes.
import { expect } from "chai";
import fc from "fast-check";
import { containerResources } from "../../../components/core/footprint.ts";
import {
  addressesPerNode,
  allocatable,
  instanceTypes,
  maxPods,
  type Node,
  type PodGroup,
  pack,
} from "../../../components/core/sizing.ts";
import {
  cpuQuantity,
  memoryQuantity,
  parseCpu,
  parseMemory,
  storageQuantity,
} from "../../../components/core/units.ts";

function type(name: string) {
  const found = instanceTypes[name];
  if (found === undefined) throw new Error(name);
  return found;
}

describe("Quantities", () => {
  it("are written as Kubernetes writes them", () => {
    expect([cpuQuantity(500), cpuQuantity(2000), cpuQuantity(1500)]).to.deep.equal(["500m", "2", "1500m"]);
    expect([memoryQuantity(512), memoryQuantity(2048), memoryQuantity(0)]).to.deep.equal([
      "512Mi",
      "2Gi",
      "0Mi",
    ]);
    expect(storageQuantity(100)).to.equal("100Gi");
  });

  it("read back what was written", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), (amount) => {
        expect(parseCpu(cpuQuantity(amount))).to.equal(amount);
        expect(parseMemory(memoryQuantity(amount))).to.equal(amount);
      }),
    );
  });

  it("are read in every unit, and refused without sense", () => {
    expect([parseCpu("0.5"), parseMemory("1048576"), parseMemory("1024Ki")]).to.deep.equal([500, 1, 1]);
    expect(() => parseCpu("2 cores")).to.throw(RangeError, "2 cores is no CPU quantity such as 500m or 2");
    expect(() => parseMemory("2gb")).to.throw(RangeError, "2gb is no memory quantity such as 512Mi or 2Gi");
  });
});

describe("What a node leaves for pods", () => {
  it("is EKS's own arithmetic: t3.xlarge 3,920 mCPU, c5.2xlarge 7,910 mCPU, 58 pods each", () => {
    expect(allocatable(type("t3.xlarge"))).to.deep.equal({ cpuMillis: 3920, memoryMiB: 14162, pods: 58 });
    expect(allocatable(type("c5.2xlarge"))).to.deep.equal({ cpuMillis: 7910, memoryMiB: 14162, pods: 58 });
    expect(allocatable(type("r5.xlarge"))).to.deep.equal({ cpuMillis: 3920, memoryMiB: 29317, pods: 58 });
    expect(maxPods(type("t3.large"))).to.equal(35);
    expect(addressesPerNode(type("t3.xlarge"))).to.equal(60);
  });

  it("is never more than the node", () => {
    for (const [name, instance] of Object.entries(instanceTypes)) {
      const room = allocatable(instance);
      expect(room.cpuMillis, name).to.be.lessThan(instance.vcpu * 1000);
      expect(room.memoryMiB, name).to.be.lessThan(instance.memoryMiB);
    }
  });
});

describe("Packing", () => {
  const node = (zone: string, room: Partial<Node> = {}): Node => ({
    pool: "general",
    zone,
    cpuMillis: 1000,
    memoryMiB: 1000,
    pods: 10,
    ...room,
  });
  const pods = (count: number, room: Partial<PodGroup> = {}): PodGroup => ({
    workload: "w",
    count,
    cpuMillis: 400,
    memoryMiB: 100,
    pools: ["general"],
    spreadOverZones: false,
    ...room,
  });

  it("places what fits and counts what does not", () => {
    const { nodes, unplaced } = pack([node("a")], [], [pods(3)]);
    expect(unplaced).to.deep.equal({ w: 1 });
    expect(nodes[0]).to.include({ freeCpuMillis: 200, freeMemoryMiB: 800, freePods: 8 });
  });

  it("takes DaemonSets off every node first", () => {
    const daemon = { workload: "d", cpuMillis: 300, memoryMiB: 10 };
    expect(pack([node("a"), node("b")], [daemon], [pods(4)]).unplaced).to.deep.equal({ w: 2 });
  });

  it("never lets one zone hold two more than another", () => {
    const nodes = [node("a", { cpuMillis: 4000 }), node("b")];
    expect(pack(nodes, [], [pods(6)]).unplaced).to.deep.equal({});
    expect(pack(nodes, [], [pods(6, { spreadOverZones: true })]).unplaced).to.deep.equal({ w: 1 });
  });

  it("keeps pods off pools that they may not use, and stops at a node's number of pods", () => {
    expect(pack([node("a", { pool: "memory" })], [], [pods(1)]).unplaced).to.deep.equal({ w: 1 });
    expect(pack([node("a", { pods: 1 })], [], [pods(2)]).unplaced).to.deep.equal({ w: 1 });
  });

  it("never overfills a node, and loses no pod, for any pods", () => {
    const group = fc.record({
      workload: fc.constantFrom("x", "y", "z"),
      count: fc.integer({ min: 0, max: 12 }),
      cpuMillis: fc.integer({ min: 1, max: 1200 }),
      memoryMiB: fc.integer({ min: 1, max: 1200 }),
      pools: fc.constant(["general"] as const),
      spreadOverZones: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(group, { maxLength: 5 }), (groups) => {
        const { nodes, unplaced } = pack([node("a"), node("b"), node("c")], [], groups);
        for (const { freeCpuMillis, freeMemoryMiB, freePods } of nodes) {
          expect(Math.min(freeCpuMillis, freeMemoryMiB, freePods)).to.be.at.least(0);
        }
        const placed = nodes.reduce((sum, one) => sum + one.workloads.length, 0);
        const left = Object.values(unplaced).reduce((sum, count) => sum + count, 0);
        expect(placed + left).to.equal(groups.reduce((sum, one) => sum + one.count, 0));
      }),
    );
  });
});

describe("Resources of a container", () => {
  it("are the footprint's numbers, smaller in dev and local", () => {
    expect(containerResources("istiod", "production")).to.deep.equal({
      requests: { cpu: "200m", memory: "512Mi" },
      limits: { memory: "1536Mi" },
    });
    expect(containerResources("istiod", "dev")).to.deep.equal({
      requests: { cpu: "100m", memory: "256Mi" },
      limits: { memory: "1Gi" },
    });
  });

  it("are a share of the row for one of several containers", () => {
    expect(containerResources("prometheus", "production", 0.5).requests).to.deep.equal({
      cpu: "250m",
      memory: "1Gi",
    });
  });
});
