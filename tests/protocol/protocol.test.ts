// Covers the honesty of the in-process plan: the SDK's language host, talking to a host that speaks the engine's
// protocol, registers the same resources with the same parents, dependencies, options, inputs and secrets.
import { expect } from "chai";
import { makePlan, type Plan, planOf } from "../../cli/plan/plan.ts";
import { readProject } from "../../cli/project.ts";
import type { RecordedResource } from "../../simulator/recorder.ts";
import { fixture, root } from "../support/cli.ts";
import { announcedFeatures, runOverProtocol } from "../support/protocol-host.ts";

async function both(folder: string, stack: string): Promise<{ plan: Plan; protocol: Plan }> {
  const project = readProject(folder);
  const result = await runOverProtocol(project, stack);
  expect(result.errors).to.deep.equal([]);
  expect(result.code, result.output).to.equal(0);
  const plan = await makePlan(project, stack);
  return { plan, protocol: planOf(project, stack, result) };
}

function byUrn(plan: Plan): Record<string, RecordedResource> {
  return Object.fromEntries(plan.resources.map((resource) => [resource.urn, resource]));
}

describe("the plan and the engine's protocol", () => {
  it("announce the features of the engine", () => {
    expect(announcedFeatures).to.be.greaterThan(10);
  });

  it("agree on a small program with secrets, releases and protection", async () => {
    const { plan, protocol } = await both(fixture("small"), "dev");
    expect(byUrn(protocol)).to.deep.equal(byUrn(plan));
    expect(protocol.outputs).to.deep.equal(plan.outputs);
  });

  it("both refuse a program that breaks inside apply", async () => {
    const result = await runOverProtocol(readProject(fixture("faulty")), "apply");
    expect(result.code).not.to.equal(0);
    expect(result.errors.join("\n")).to.contain("broken inside apply");
  });

  for (const stack of readProject(root).stacks) {
    it(`agree on every resource of ${stack}`, async () => {
      const { plan, protocol } = await both(root, stack);
      expect(protocol.resources.map(({ urn }) => urn)).to.deep.equal(plan.resources.map(({ urn }) => urn));
      const expected = byUrn(plan);
      for (const resource of protocol.resources)
        expect(resource, resource.urn).to.deep.equal(expected[resource.urn]);
      expect(protocol.outputs).to.deep.equal(plan.outputs);
    });
  }
});
