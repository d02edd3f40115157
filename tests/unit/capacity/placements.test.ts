// The judge of placements, itself judged: it finds each fault that the proof of capacity relies on it to find.
import { expect } from "chai";
import { misplaced, type Placements, requestsOf } from "../../support/capacity/placements.ts";
import { type KubernetesObject, simulatedNode } from "../../support/control-plane/index.ts";

const zone = "topology.kubernetes.io/zone";
const labels = { app: "cart" };

const nodes = ["a", "b", "c"].map((name) =>
  simulatedNode({
    name,
    zone: `zone-${name}`,
    allocatable: { cpu: "1", memory: "1Gi", pods: 3 },
    ...(name === "c" ? { taints: [{ key: "pool", value: "memory", effect: "NoSchedule" }] } : {}),
  }),
);

let count = 0;
/** A pod of 100 mCPU on a node. */
function pod(nodeName: string, spec: object = {}, more: Record<string, string> = {}): KubernetesObject {
  count += 1;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `cart-${count}`, namespace: "shop", labels: { ...labels, ...more } },
    spec: { nodeName, containers: [asking("100m")], ...spec },
  };
}

function asking(cpu: string) {
  return { name: "cart", resources: { requests: { cpu, memory: "64Mi" } } };
}

const problems = (...pods: KubernetesObject[]) => misplaced({ nodes, pods } satisfies Placements);

const strict = {
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: zone,
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: labels },
      nodeTaintsPolicy: "Honor",
      matchLabelKeys: ["version"],
    },
  ],
};
const apart = {
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: zone, labelSelector: { matchLabels: labels } },
      ],
    },
  },
};

describe("The judge of placements", () => {
  it("has nothing to say of pods that are where they may be", () => {
    expect(problems(pod("a", strict), pod("b", strict), pod("a", strict))).to.deep.equal([]);
    expect(problems(pod("a", apart), pod("b", apart))).to.deep.equal([]);
  });

  it("finds a zone with two more than another that the pods may use", () => {
    expect(problems(pod("a", strict), pod("a", strict))).to.deep.equal([
      'shop/{"app":"cart"} over topology.kubernetes.io/zone: {"zone-a":2,"zone-b":0}',
    ]);
  });

  it("counts a zone behind a taint where the pods tolerate it", () => {
    const tolerant = { ...strict, tolerations: [{ key: "pool", operator: "Exists" }] };
    expect(problems(pod("a", tolerant), pod("b", tolerant), pod("a", tolerant))).to.have.length(1);
  });

  it("counts each version by itself", () => {
    const [old, canary] = [{ version: "1" }, { version: "2" }];
    expect(problems(pod("a", strict, old), pod("a", strict, canary))).to.deep.equal([]);
    expect(problems(pod("a", strict, old), pod("a", strict, old))).to.have.length(1);
  });

  it("does not mind a spread that is only wished for", () => {
    const [constraint] = strict.topologySpreadConstraints;
    const soft = { topologySpreadConstraints: [{ ...constraint, whenUnsatisfiable: "ScheduleAnyway" }] };
    expect(problems(pod("a", soft), pod("a", soft))).to.deep.equal([]);
  });

  it("finds two that must keep apart in one zone", () => {
    const [one, other] = [pod("b", apart), pod("b", apart)];
    expect(problems(one, other)).to.deep.equal([
      `shop/${one.metadata.name} and shop/${other.metadata.name} are both in zone-b`,
      `shop/${other.metadata.name} and shop/${one.metadata.name} are both in zone-b`,
    ]);
  });

  it("finds a pod on a node whose taint it does not tolerate, or that it does not select", () => {
    const [tainted, elsewhere] = [pod("c"), pod("a", { nodeSelector: { pool: "memory" } })];
    expect(problems(tainted, elsewhere)).to.deep.equal([
      `shop/${tainted.metadata.name} is on c, which it may not use`,
      `shop/${elsewhere.metadata.name} is on a, which it may not use`,
    ]);
  });

  it("finds a node that holds more CPU, memory or pods than it has", () => {
    const large = { containers: [asking("600m")] };
    expect(problems(pod("a", large), pod("a", large))).to.deep.equal(["a holds more than it has"]);
    expect(problems(pod("a"), pod("a"), pod("a"), pod("a"))).to.deep.equal(["a holds more than it has"]);
  });

  it("counts native sidecars with the containers, and not what runs before them", () => {
    const spec = {
      initContainers: [{ ...asking("50m"), restartPolicy: "Always" }, asking("900m")],
    };
    expect(requestsOf(pod("a", spec))).to.deep.equal({ cpuMillis: 150, memoryMiB: 128 });
  });
});
