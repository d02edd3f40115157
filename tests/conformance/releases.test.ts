/** Canary, rollback and blue-green, stepped by the real Argo Rollouts controller: what is proven is the weights. */
import { expect } from "chai";
import { parse } from "yaml";
import { manifests } from "../../cli/plan/manifests.ts";
import { startJudge } from "../support/applying.ts";
import { type ControlPlane, type KubernetesObject, simulatedNode } from "../support/control-plane/index.ts";
import * as fake from "../support/fake-cloud.ts";
import { recordPlatform } from "../support/fake-platform.ts";
import { renderedStack } from "../support/rendered.ts";
import { FakePrometheus } from "./support/fake-prometheus.ts";
import { hurry, ReleaseWatch, releaseObjects, withVersion } from "./support/release.ts";

const minute = 60_000;
const service = "publishing";

/** Room for a service's pods, twice over, in three zones. */
const machine = {
  components: ["kube-controller-manager", "kube-scheduler"] as const,
  nodes: ["a", "b", "c"].map((zone) =>
    simulatedNode({
      name: `node-${zone}`,
      zone: `zone-${zone}`,
      allocatable: { cpu: "8", memory: "32Gi", pods: 58 },
    }),
  ),
};

describe("releases by the real rollouts controller", function () {
  this.timeout(4 * minute);
  let plane: ControlPlane;
  let prometheus: FakePrometheus;
  let objects: KubernetesObject[];
  /** Share of failed requests that Prometheus answers. */
  let errorRate = 0;
  const rollout = () => objects.find(({ kind }) => kind === "Rollout") as KubernetesObject;

  before("start a control plane with nodes and the controller", async function () {
    this.timeout(35 * minute);
    prometheus = await FakePrometheus.start((query) =>
      query.includes("histogram_quantile") ? 120 : errorRate,
    );
    objects = releaseObjects((await renderedStack("staging")).objects, service).map((object) =>
      object.kind === "ClusterAnalysisTemplate" ? hurry(object, prometheus.url) : object,
    );
    ({ plane } = await startJudge(objects, machine, releaseKinds));
    await plane.runRollouts();
    await plane.apply(objects);
    await new ReleaseWatch(plane, objects).until("Healthy");
  });
  after("stop them", async () => {
    await plane?.stop();
    await prometheus?.stop();
  });

  it("a canary goes 10, 50, 100 on every route, and is then the stable version", async () => {
    const watch = new ReleaseWatch(plane, objects);
    await watch.look();
    await plane.apply([withVersion(rollout(), "0.2.0")]);
    const { status } = await watch.until("Healthy");
    await watch.settled();
    for (const route of [service, `${service}-public`]) {
      expect(watch.seen.get(route), route).to.deep.equal([
        { stable: 100, canary: 0 },
        { stable: 90, canary: 10 },
        { stable: 50, canary: 50 },
        { stable: 0, canary: 100 },
        { stable: 100, canary: 0 },
      ]);
    }
    expect(status.stableRS).to.equal(status.currentPodHash);
    expect(prometheus.asked.filter((query) => query.includes(status.currentPodHash))).to.not.be.empty;
  });

  it("a canary whose errors rise at 50 % is taken back: all traffic is on the stable version again", async () => {
    let brokenAt = 0;
    let backAt = 0;
    const watch = new ReleaseWatch(plane, objects, ({ canary }) => {
      if (canary === 50) [errorRate, brokenAt] = [0.2, brokenAt || performance.now()];
      if (canary === 0 && brokenAt > 0) backAt ||= performance.now();
    });
    await watch.look();
    const before = await plane.get("argoproj.io/v1alpha1", "Rollout", service, rollout().metadata.namespace);
    await plane.apply([withVersion(rollout(), "0.3.0")]);
    const { status } = await watch.until("Degraded");
    errorRate = 0;
    await watch.settled();
    for (const route of [service, `${service}-public`]) {
      expect(watch.seen.get(route), route).to.deep.equal([
        { stable: 100, canary: 0 },
        { stable: 90, canary: 10 },
        { stable: 50, canary: 50 },
        { stable: 100, canary: 0 },
      ]);
    }
    console.log(`      back ${((backAt - brokenAt) / 1000).toFixed(1)} s after the metric broke`);
    expect(status.message).to.match(/aborted.*error-rate.*Failed/s);
    expect(status.stableRS).to.equal(before.status.stableRS);
    expect(status.currentPodHash).to.not.equal(status.stableRS);
  });

  it("going back to the version before takes no steps: no weight moves", async () => {
    const watch = new ReleaseWatch(plane, objects);
    await watch.look();
    await plane.apply([withVersion(rollout(), "0.2.0")]);
    await watch.until("Healthy");
    for (const weights of watch.seen.values()) expect(weights).to.deep.equal([{ stable: 100, canary: 0 }]);
  });
});

describe("a blue-green release by the real rollouts controller", function () {
  this.timeout(4 * minute);
  let plane: ControlPlane;
  let prometheus: FakePrometheus;
  let objects: KubernetesObject[];
  let errorRate = 0;
  const find = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name) as KubernetesObject;
  const namespace = () => find("Rollout", service).metadata.namespace as string;
  const activeHash = async () => {
    const { spec } = await plane.get("v1", "Service", `${service}-service`, namespace());
    return spec.selector["rollouts-pod-template-hash"];
  };

  before("start a control plane with nodes and the controller", async () => {
    prometheus = await FakePrometheus.start((query) =>
      query.includes("histogram_quantile") ? 120 : errorRate,
    );
    const recording = await recordPlatform({ strategy: "blue-green", services: [fake.service(service)] });
    const recorded = manifests(recording.resources).map(({ content }) => parse(content));
    objects = releaseObjects(
      recorded.filter((object) => "apiVersion" in object),
      service,
    ).map((object) => (object.kind === "ClusterAnalysisTemplate" ? hurry(object, prometheus.url) : object));
    ({ plane } = await startJudge(objects, machine, releaseKinds));
    await plane.runRollouts();
    await plane.apply([...objects, ...priorityClasses(objects)]);
    await new ReleaseWatch(plane, objects).until("Healthy");
  });
  after("stop them", async () => {
    await plane?.stop();
    await prometheus?.stop();
  });

  it("moves the Service to the new version once its pods are ready, and keeps the old pods", async () => {
    const old = await activeHash();
    await plane.apply([withVersion(find("Rollout", service), "0.2.0")]);
    const { status } = await new ReleaseWatch(plane, objects).until("Healthy");
    expect(await activeHash())
      .to.equal(status.currentPodHash)
      .and.to.not.equal(old);
    const pods = await plane.list("v1", "Pod", namespace());
    const ofOld = pods.filter(({ metadata }) => metadata.labels?.["rollouts-pod-template-hash"] === old);
    expect(ofOld).to.not.be.empty;
  });

  it("moves the Service back when errors rise after the switch", async () => {
    const old = await activeHash();
    const seen = new Set<string>();
    await plane.apply([withVersion(find("Rollout", service), "0.3.0")]);
    await plane.waitFor("the Service is on the new version", async () => {
      seen.add(await activeHash());
      return seen.size > 1;
    });
    errorRate = 0.2;
    await new ReleaseWatch(plane, objects).until("Degraded");
    await plane.waitFor("the Service is back", async () => (await activeHash()) === old);
  });
});

/** Kinds that the controller looks for, whether or not the objects have one. */
const releaseKinds = [
  "argoproj.io/AnalysisRun",
  "argoproj.io/AnalysisTemplate",
  "argoproj.io/Experiment",
] as const;

/** The platform's own, of which the recording of a service alone has none. */
function priorityClasses(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const names = objects
    .filter(({ kind }) => kind === "Rollout")
    .map(({ spec }) => spec.template.spec.priorityClassName as string);
  return names.map((name) => ({
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value: 1000,
  }));
}
