// Proof of scaling: the plan's own HorizontalPodAutoscalers on the plan's own Rollouts, by the real autoscaler and the
// real rollouts controller, fed with usage by a metrics server of the test. Production's numbers, four services at once.
import { expect } from "chai";
import { resolvedSettings } from "../../config/resolve.ts";
import type { ServiceSettings } from "../../config/settings-types.ts";
import { ApiError, type KubernetesObject } from "../support/control-plane/index.ts";
import { planOfStack } from "../support/plans.ts";
import { idle, type Load, ScalingWorld, type Step } from "../support/scaling/world.ts";

const minuteMillis = 60_000;
const settings = resolvedSettings("production", new Date("2026-11-23T12:00:00Z"));
const names = settings.services.map(({ name }) => name);
/** Later than its period by this the controller may act on a busy machine; it looks once a second. */
const lateSeconds = 15;
/** Five minutes are this many times shorter in the tests of scaling down. */
const shortened = 30;
const planned = { window: 300, period: 300 };

const pause = (seconds: number) => new Promise((resume) => setTimeout(resume, seconds * 1000));

/** The same of every service at the same time. */
function ofEach<Value>(action: (service: ServiceSettings) => Promise<Value>): Promise<Value[]> {
  return Promise.all(settings.services.map(action));
}

describe("The autoscalers of production's services", function () {
  this.timeout(8 * minuteMillis);
  let world: ScalingWorld;

  before(async () => {
    world = await ScalingWorld.start(await planOfStack("production"), settings);
  });
  after(() => world?.stop());

  const toMinimum = () => ofEach(({ name, scaling }) => world.reset(name, scaling.minReplicas));

  for (const metric of ["cpu", "memory"] as const) {
    const loadOf = (pods: number): Load => ({ ...idle, [`${metric}Pods`]: pods });

    it(`add pods when ${metric} passes the table's target, none at the target, and none for a busy sidecar`, async () => {
      await toMinimum();
      for (const { name, scaling } of settings.services) world.load(name, loadOf(scaling.minReplicas));
      await pause(4);
      expect(await ofEach(({ name }) => world.steps(name))).to.deep.equal(names.map(() => []));

      for (const { name, scaling } of settings.services) world.load(name, loadOf(1.2 * scaling.minReplicas));
      const first = await ofEach(({ name }) => firstStep(name));
      expect(first.map(({ replicas }) => replicas)).to.deep.equal(
        settings.services.map(({ scaling }) => Math.ceil(1.2 * scaling.minReplicas)),
      );
      for (const { reason } of first) expect(reason).to.match(new RegExp(`^${metric} container resource`));
    });
  }

  const firstStep = (name: string) =>
    world.plane.waitFor(`the autoscaler of ${name} acts`, async () => (await world.steps(name))[0]);

  it("double consumption in steps of 15 s, add to none more than the table allows, and stop at the maximum", async () => {
    await toMinimum();
    for (const { name, scaling } of settings.services) {
      world.load(name, { ...idle, cpuPods: 2 * scaling.maxReplicas });
    }
    await ofEach(({ name, scaling }) => world.waitForPods(name, scaling.maxReplicas));
    await pause(4);
    for (const { name, scaling } of settings.services) {
      const steps = await world.steps(name);
      console.log(`        ${name}: ${describeSteps(scaling.minReplicas, steps)}`);
      expect(
        steps.map(({ replicas }) => replicas),
        name,
      ).to.deep.equal(growth(scaling));
      for (const seconds of gaps(steps)) {
        // The clock of the events has whole seconds.
        expect(seconds, name).to.be.at.least(scaling.scaleUp.periodSeconds - 1);
        expect(seconds, name).to.be.at.most(scaling.scaleUp.periodSeconds + lateSeconds);
      }
      expect(await world.replicas(name), name).to.equal(scaling.maxReplicas);
    }
  });

  it("are told to take 10 % in five minutes, after five minutes of less need", () => {
    for (const name of names) {
      expect(autoscalerOf(name).spec.behavior.scaleDown, name).to.deep.equal({
        stabilizationWindowSeconds: planned.window,
        selectPolicy: "Max",
        policies: [{ type: "Percent", value: 10, periodSeconds: planned.period }],
      });
    }
  });

  it(`take 10 %, at least one pod, in each period (${shortened} times shorter here: 10 s for five minutes)`, async () => {
    const from: Record<string, number> = { consumption: 40, discovery: 12, publishing: 5, admin: 3 };
    const start = (name: string) => from[name] as number;
    await ofEach(({ name }) =>
      world.reset(name, start(name), {
        load: { ...idle, cpuPods: start(name) },
        autoscaler: sooner(autoscalerOf(name)),
      }),
    );
    const less = Math.floor(Date.now() / 1000);
    for (const name of names) world.load(name, idle);
    const wanted: Record<string, number[]> = {
      consumption: [36, 32, 28],
      discovery: [10, 9, 8],
      publishing: [4, 3],
      admin: [2],
    };
    await ofEach(({ name }) =>
      world.plane.waitFor(
        `${name} has shrunk as far as is watched`,
        async () => (await world.steps(name)).length >= (wanted[name]?.length ?? 0),
        { seconds: 90 },
      ),
    );
    for (const name of names) {
      const steps = await world.steps(name);
      console.log(`        ${name}: ${describeSteps(start(name), steps)}`);
      const watched = steps.slice(0, wanted[name]?.length);
      expect(
        watched.map(({ replicas }) => replicas),
        name,
      ).to.deep.equal(wanted[name]);
      expect((watched[0] as Step).second - less, name).to.be.at.least(planned.window / shortened - 1);
      for (const seconds of gaps(watched)) {
        expect(seconds, name).to.be.at.least(planned.period / shortened - 1);
        expect(seconds, name).to.be.at.most(planned.period / shortened + lateSeconds);
      }
    }
  });

  it(`take nothing for a dip that is shorter than the window (${shortened} times shorter here)`, async () => {
    const load = { ...idle, cpuPods: 20 };
    await world.reset("consumption", 20, { load, autoscaler: sooner(autoscalerOf("consumption")) });
    await pause(2);
    world.load("consumption", idle);
    await pause(3);
    world.load("consumption", load);
    await pause((planned.window / shortened) * 1.3);
    expect(await world.steps("consumption")).to.deep.equal([]);
  });

  it("leave the last word on evictions to the budgets: one pod of the minimum may go, the next answers 429", async () => {
    await toMinimum();
    await ofEach(({ name }) => oneMayGo(name));
    expect(await ofEach(({ name }) => world.steps(name)), "steps at rest").to.deep.equal(names.map(() => []));
    await ofEach(({ name, scaling }) => world.waitForPods(name, scaling.minReplicas));
    // On nodes that take nothing new the evicted pod stays away, as it does while a real one starts.
    await everyNode({ unschedulable: true });
    for (const { name, scaling } of settings.services) {
      const answers = [];
      for (const pod of await world.pods(name)) answers.push(await evict(pod));
      const refused = scaling.minReplicas - 1;
      expect(answers.sort(), name).to.deep.equal([201, ...Array.from({ length: refused }, () => 429)]);
    }
    await everyNode({ unschedulable: null });
    await ofEach(({ name, scaling }) => world.waitForPods(name, scaling.minReplicas));
  });

  const autoscalerOf = (name: string) => world.services.get(name)?.autoscaler as KubernetesObject;

  const oneMayGo = (name: string) =>
    world.plane.waitFor(`the budget of ${name} knows its pods`, async () => {
      const budget = await world.plane.get("policy/v1", "PodDisruptionBudget", name, world.namespace);
      return budget.status?.disruptionsAllowed === 1;
    });

  async function everyNode(spec: object): Promise<void> {
    const nodes = await world.plane.list("v1", "Node");
    await Promise.all(nodes.map((node) => world.plane.patch(node, { spec })));
  }

  async function evict({ metadata: { name, namespace } }: KubernetesObject): Promise<number> {
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
    try {
      await world.plane.request("POST", `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, eviction);
      return 201;
    } catch (error) {
      if (error instanceof ApiError) return error.status;
      throw error;
    }
  }
});

/** Replicas step by step from the minimum to the maximum, as far as the table lets each step go. */
function growth({ minReplicas, maxReplicas, scaleUp }: ServiceSettings["scaling"]): number[] {
  const steps: number[] = [];
  for (let replicas = minReplicas; replicas < maxReplicas; ) {
    const byPercent = replicas + Math.ceil((replicas * scaleUp.percent) / 100);
    replicas = Math.min(maxReplicas, Math.max(byPercent, replicas + (scaleUp.pods ?? 0)));
    steps.push(replicas);
  }
  return steps;
}

/** The same autoscaler with the windows and periods of its way down shortened by one factor. */
function sooner(autoscaler: KubernetesObject): KubernetesObject {
  const { scaleUp, scaleDown } = autoscaler.spec.behavior;
  const down = {
    ...scaleDown,
    stabilizationWindowSeconds: scaleDown.stabilizationWindowSeconds / shortened,
    policies: scaleDown.policies.map((policy: { periodSeconds: number }) => ({
      ...policy,
      periodSeconds: policy.periodSeconds / shortened,
    })),
  };
  return { ...autoscaler, spec: { ...autoscaler.spec, behavior: { scaleUp, scaleDown: down } } };
}

function gaps(steps: readonly Step[]): number[] {
  return steps.slice(1).map(({ second }, index) => second - (steps[index] as Step).second);
}

function describeSteps(from: number, steps: readonly Step[]): string {
  const seconds = ["", ...gaps(steps).map((gap) => ` after ${gap} s`)];
  return [`${from}`, ...steps.map(({ replicas }, index) => `${replicas}${seconds[index]}`)].join(" → ");
}
