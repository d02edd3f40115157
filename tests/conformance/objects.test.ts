/** Every object of every stack, judged by a real API server with the operators' real definitions. */
import { expect } from "chai";
import versions from "../../config/versions.json" with { type: "json" };
import { applyStack, groupKind, type Judge, removeStack, startJudge, teach } from "../support/applying.ts";
import type { KubernetesObject } from "../support/control-plane/index.ts";
import { moduleSources } from "../support/definitions/load.ts";
import sources from "../support/definitions/sources.json" with { type: "json" };
import { renderRelease } from "../support/helm.ts";
import { project } from "../support/plans.ts";
import { type RenderedStack, renderedStack } from "../support/rendered.ts";

const minute = 60_000;

describe("every object on a real API server", function () {
  this.timeout(5 * minute);
  let judge: Judge;
  const stacks = new Map<string, RenderedStack>();

  before("start a control plane", async function () {
    this.timeout(35 * minute);
    for (const stack of project.stacks) stacks.set(stack, await renderedStack(stack));
    judge = await startJudge([...stacks.values()].flatMap(({ objects }) => objects));
    for (const note of judge.definitions.notes) console.log(`      ${note}`);
  });
  after("stop it", () => judge?.plane.stop());

  for (const stack of project.stacks) {
    it(`${stack}: all are taken, strictly`, async () => {
      const { objects } = stacks.get(stack) as RenderedStack;
      try {
        const { applied, leftOut } = await applyStack(judge, stack, objects);
        console.log(`      ${stack}: ${applied} applied, ${leftOut.length} left out`);
        for (const object of leftOut) {
          console.log(
            `        left out: ${object.kind} ${object.metadata.name}: ${judge.definitions.leftOut.get(groupKind(object))}`,
          );
        }
        expect(applied + leftOut.length).to.equal(objects.length);
      } finally {
        await removeStack(judge, objects);
      }
    });
  }

  it("releases whose charts can be reached are rendered and taken too; the others are named", async () => {
    const releases = new Map(
      [...stacks.values()].flatMap(({ releases }) =>
        releases.map((release) => [JSON.stringify(release), release] as const),
      ),
    );
    const names: string[] = [];
    for (const release of releases.values()) {
      const rendered = await renderRelease(release);
      if ("leftOut" in rendered) {
        names.push(`${release.release} (${rendered.leftOut})`);
        continue;
      }
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: release.namespace } };
      const known = rendered.filter(({ kind }) => kind !== "CustomResourceDefinition");
      await judge.plane.apply([namespace]);
      judge = await teach(judge, known);
      const { applied } = await applyStack(judge, `release ${release.release}`, known, {
        dryRun: true,
        namespace: release.namespace,
      });
      expect(applied).to.be.greaterThan(0);
    }
    const leftOut = [...new Set(names)].sort();
    console.log(`      ${releases.size - names.length} rendered, left out: ${leftOut.join(", ") || "none"}`);
  });

  const faults: readonly Fault[] = [
    {
      title: "a misspelt field of a Kubernetes kind",
      kind: "HorizontalPodAutoscaler",
      fault: (object) => rename(object.spec, "maxReplicas", "maxReplica"),
      says: ".spec.maxReplica: field not declared in schema",
    },
    {
      title: "a mistyped field of a Kubernetes kind",
      kind: "NetworkPolicy",
      fault: (object) => Object.assign(object.spec, { policyTypes: "Ingress" }),
      says: ".spec.policyTypes: expected list, got &{Ingress}",
    },
    {
      title: "a misspelt field of an operator's kind",
      kind: "Rollout",
      fault: (object) => rename(object.spec, "progressDeadlineSeconds", "progressDeadline"),
      says: ".spec.progressDeadline: field not declared in schema",
    },
    {
      title: "a mistyped field of an operator's kind",
      kind: "VirtualService",
      fault: (object) => Object.assign(object.spec.http[0].route[0], { weight: "all" }),
      says: ".spec.http[0].route[0].weight: expected numeric (int or float), got string",
    },
    {
      title: "a value that the definition does not allow",
      kind: "PeerAuthentication",
      fault: (object) => Object.assign(object.spec.mtls, { mode: "STRIKT" }),
      says: 'spec.mtls.mode: Unsupported value: "STRIKT"',
    },
  ];

  for (const { title, kind, fault, says } of faults) {
    it(`names stack, object and field of ${title}`, async () => {
      const objects = structuredClone((stacks.get("production") as RenderedStack).objects);
      const broken = objects.find((object) => object.kind === kind) as KubernetesObject;
      fault(broken);
      const namespaces = objects.filter((object) => object.kind === "Namespace");
      let message = "";
      try {
        await applyStack(judge, "production", [...namespaces, broken]);
      } catch (error) {
        message = (error as Error).message;
      } finally {
        await removeStack(judge, [broken]);
      }
      const { namespace, name } = broken.metadata;
      expect(message).to.match(/^stack production: /);
      expect(message).to.contain(`${kind} ${namespace}/${name}: `);
      expect(message).to.contain(says);
      expect(message.split("\n")).to.have.length(1);
    });
  }

  it("counts and lists an object whose definition cannot be had", async () => {
    const [namespace] = (stacks.get("production") as RenderedStack).objects.filter(
      ({ kind }) => kind === "Namespace",
    );
    const unknown: KubernetesObject = {
      apiVersion: "shop.example/v1",
      kind: "Cart",
      metadata: { name: "first" },
    };
    const leftOut = new Map([["shop.example/Cart", "no source"]]);
    const verdict = await applyStack(
      { ...judge, definitions: { ...judge.definitions, leftOut } },
      "production",
      [namespace as KubernetesObject, unknown],
    );
    expect(verdict.applied).to.equal(1);
    expect(verdict.leftOut).to.deep.equal([unknown]);
  });

  it("runs the minor of Kubernetes that the stacks run, and says which patch", async () => {
    const { gitVersion } = await judge.plane.request<{ gitVersion: string }>("GET", "/version");
    expect(gitVersion).to.equal(`v${versions.kubernetes.patchForConformance}`);
    expect(gitVersion.startsWith(`v${versions.kubernetes.version}.`), gitVersion).to.equal(true);
  });
});

describe("the operators' definitions", () => {
  const charts: Readonly<Record<string, { readonly appVersion: string }>> = versions.charts;
  const pinned = [...moduleSources.filter(({ nearest }) => nearest === undefined), sources.strimzi];

  for (const { chart, version } of pinned) {
    it(`of ${chart} are of the version that the pinned chart installs`, () => {
      expect(version.replace(/^v/, "")).to.equal(charts[chart]?.appVersion.replace(/^v/, ""));
    });
  }

  for (const { chart, version, release } of moduleSources.filter(({ nearest }) => nearest !== undefined)) {
    it(`of ${chart} come from the pinned chart's release where it can be reached, else from ${version}`, () => {
      expect(release).to.contain(`/v${charts[chart]?.appVersion.replace(/^v/, "")}/`);
    });
  }
});

interface Fault {
  readonly title: string;
  readonly kind: string;
  readonly fault: (object: KubernetesObject) => void;
  readonly says: string;
}

function rename(fields: Record<string, unknown>, from: string, to: string): void {
  if (!(from in fields)) throw new Error(`no field ${from} to misspell`);
  fields[to] = fields[from];
  delete fields[from];
}
