// Covers the recording of registrations: URNs, dependencies, refusals, secrets, and errors that nobody awaits.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { recordResources } from "../../support/record.ts";

class Group extends pulumi.ComponentResource {
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:test:Group", name, {}, opts);
    this.registerOutputs({});
  }
}

const provider = () => new k8s.Provider("kubernetes", { kubeconfig: "{}" });

describe("recordResources", () => {
  it("gives URNs with the types of all parents but the stack", async () => {
    const { resources } = await recordResources(() => {
      const outer = new Group("outer", { providers: [provider()] });
      const inner = new Group("inner", { parent: outer });
      new k8s.core.v1.Namespace("namespace", { metadata: { name: "a" } }, { parent: inner });
    });
    expect(resources.map((resource) => resource.urn)).to.deep.equal([
      "urn:pulumi:test::llm-marketplace::pulumi:pulumi:Stack::llm-marketplace-test",
      "urn:pulumi:test::llm-marketplace::pulumi:providers:kubernetes::kubernetes",
      "urn:pulumi:test::llm-marketplace::llm-marketplace:test:Group::outer",
      "urn:pulumi:test::llm-marketplace::llm-marketplace:test:Group$llm-marketplace:test:Group::inner",
      "urn:pulumi:test::llm-marketplace::llm-marketplace:test:Group$llm-marketplace:test:Group$kubernetes:core/v1:Namespace::namespace",
    ]);
  });

  it("records dependencies, property dependencies, protection and options", async () => {
    const recording = await recordResources(() => {
      const opts = { provider: provider() };
      const namespace = new k8s.core.v1.Namespace("namespace", { metadata: { name: "a" } }, opts);
      new k8s.core.v1.ConfigMap(
        "settings",
        { metadata: { name: "settings", namespace: namespace.metadata.name } },
        { ...opts, protect: true, ignoreChanges: ["data"] },
      );
    });
    const namespace = recording.get("kubernetes:core/v1:Namespace", "namespace");
    const settings = recording.get("kubernetes:core/v1:ConfigMap", "settings");
    expect(settings.dependencies).to.deep.equal([namespace.urn]);
    expect(settings.propertyDependencies).to.deep.equal({ metadata: [namespace.urn] });
    expect(settings.protect).to.equal(true);
    expect(settings.options.ignoreChanges).to.deep.equal(["data"]);
    expect(settings.inputs.metadata).to.deep.equal({ name: "settings", namespace: "a" });
  });

  it("keeps secrets marked in inputs and outputs", async () => {
    const recording = await recordResources(() => {
      new k8s.core.v1.ConfigMap("a", { data: pulumi.secret({ key: "value" }) }, { provider: provider() });
    });
    const marked = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value: { key: "value" },
    };
    const map = recording.get("kubernetes:core/v1:ConfigMap", "a");
    expect(map.inputs.data).to.deep.equal(marked);
    expect(map.outputs.data).to.deep.equal(marked);
  });

  it("waits for resources made inside apply", async () => {
    const recording = await recordResources(() => {
      const opts = { provider: provider() };
      const first = new k8s.core.v1.Namespace("first", {}, opts);
      first.id.apply(() => new k8s.core.v1.Namespace("second", {}, opts));
      first.urn.apply(() => new k8s.core.v1.Namespace("third", {}, opts));
    });
    expect(recording.ofType("kubernetes:core/v1:Namespace").map((resource) => resource.name)).to.have.members(
      ["first", "second", "third"],
    );
  });

  const refusals: readonly [title: string, program: () => unknown, message: RegExp][] = [
    [
      "a custom resource without an explicit provider",
      () => new k8s.core.v1.Namespace("a"),
      /got no provider\n {2}allowed: an explicit kubernetes provider/,
    ],
    [
      "two resources with one URN",
      () => {
        const opts = { provider: provider() };
        new k8s.core.v1.Namespace("a", {}, opts);
        new k8s.core.v1.Namespace("a", {}, opts);
      },
      /got two resources with this URN/,
    ],
    [
      "a type that the simulator does not know",
      () =>
        new k8s.apiextensions.CustomResource(
          "a",
          { apiVersion: "example.org/v1", kind: "Other" },
          { provider: provider() },
        ),
      /resource type kubernetes:example.org\/v1:Other, unknown to the simulator[\s\S]*simulator\/kubernetes.ts/,
    ],
    [
      "an error inside apply that nobody awaits",
      () => {
        pulumi.output(1).apply(() => {
          throw new Error("thrown inside apply");
        });
      },
      /thrown inside apply/,
    ],
    [
      "a promise that never ends",
      () => new k8s.core.v1.ConfigMap("a", { data: new Promise(() => undefined) }, { provider: provider() }),
      /a \[kubernetes:core\/v1:ConfigMap\] waits for inputs \(data\)/,
    ],
  ];
  for (const [title, program, message] of refusals) {
    it(`refuses ${title}`, async () => {
      const error = await recordResources(program).then(
        () => undefined,
        (failure: Error) => failure,
      );
      expect(error?.message).to.match(message);
    });
  }
});
