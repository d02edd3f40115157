// Reading values that may be there, absent or unknown, and the paths by which messages name them.
import { expect } from "chai";
import * as fc from "fast-check";
import { graphOf, plainValue } from "../../../../policies/shared/graph.ts";
import {
  expectProperty,
  finding,
  member,
  read,
  readList,
  show,
  steps,
  unknownText,
} from "../../../../policies/shared/value.ts";
import { type Fixture, planned } from "../fixtures/types.ts";

const mark = "4dabf18193072939515e22adb298388d";
const secret = (value: unknown) => ({ [mark]: "1b47061264138c4ac30d75fd1eb44270", value });

describe("paths of values", () => {
  it("name members, elements and keys with dots", () => {
    expect(steps('spec.containers[0].env["a.b/c"].value')).to.deep.equal([
      "spec",
      "containers",
      "0",
      "env",
      "a.b/c",
      "value",
    ]);
  });

  it("are written as they are read, whatever the key", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }).filter((key) => !/["\\]/.test(key))), (keys) => {
        expect(steps(keys.reduce(member, ""))).to.deep.equal(keys);
      }),
    );
  });
});

describe("reading a value", () => {
  const props = { a: { b: [{ c: 1 }, unknownText] }, none: null, late: unknownText };

  it("tells what is there from what is absent and what is unknown", () => {
    expect(read(props, "a.b[0].c")).to.deep.equal({ state: "value", value: 1 });
    for (const path of ["a.x", "a.b[0].c.d", "a.b[5]", "none"])
      expect(read(props, path), path).to.deep.equal({ state: "absent" });
    for (const path of ["late", "late.deeper[0]", "a.b[1].c"])
      expect(read(props, path), path).to.deep.equal({ state: "unknown" });
  });

  it("gives every element of a list its path", () => {
    expect(readList(props, "a.b")).to.deep.equal([
      { path: "a.b[0]", found: { state: "value", value: { c: 1 } } },
      { path: "a.b[1]", found: { state: "unknown" } },
    ]);
    expect(readList(props, "none")).to.deep.equal([]);
    expect(readList(props, "late")).to.deep.equal([{ path: "late", found: { state: "unknown" } }]);
  });

  it("shows short values and only names long ones", () => {
    const shown = (value: unknown) => show({ state: "value", value });
    expect([true, 3, "a", "x".repeat(81), {}, ["a"], ["a", 1], Array(6).fill("a")].map(shown)).to.deep.equal([
      "true",
      "3",
      '"a"',
      "a text of 81 characters",
      "an object",
      '["a"]',
      "a list of 2",
      "a list of 6",
    ]);
  });
});

describe("a finding about a property", () => {
  const list: Fixture[] = [{ type: "a:b:C", name: "one", props: { on: false, late: unknownText } }];
  const [resource] = graphOf(planned(list)).inputs;
  if (!resource) throw new Error("no resource");
  const wording = { required: "true", fix: "set it" };

  it("is made of a wrong and of an absent value, and none of a right one", () => {
    expect(expectProperty(resource, "on", (value) => value === false, wording)).to.deep.equal([]);
    const actual = (path: string) =>
      expectProperty(resource, path, () => false, wording).map((one) => one.actual);
    expect([actual("on"), actual("off")]).to.deep.equal([["false"], ["absent"]]);
  });

  it("is left open where the value is unknown, whatever the rule wanted to show", () => {
    const open = finding(resource, "late.deeper", { ...wording, actual: "something" });
    expect(open).to.deep.equal({
      resource,
      property: "late.deeper",
      actual: "unknown",
      ...wording,
      undetermined: true,
    });
  });
});

describe("values of a plan as a pack gets them", () => {
  it("have no marks of secrets, output values and references", () => {
    const value = {
      password: secret("x"),
      nested: [secret({ deep: secret(1) })],
      output: { [mark]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", value: "y", dependencies: [] },
      created: { [mark]: "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:1", id: "i-1" },
      planned: { [mark]: "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:1", id: "" },
      gone: undefined,
    };
    expect(plainValue(value)).to.deep.equal({
      password: "x",
      nested: [{ deep: 1 }],
      output: "y",
      created: "i-1",
      planned: "urn:1",
    });
  });

  it("are arguments for one resource and outputs for the stack", () => {
    const [resource] = planned([{ type: "a:b:C", name: "one", props: { a: 1 } }]);
    if (!resource) throw new Error("no resource");
    const graph = graphOf([{ ...resource, outputs: { a: 2 }, provider: "urn:provider::id" }]);
    expect(graph.inputs[0]?.props).to.deep.equal({ a: 1 });
    expect(graph.outputs[0]?.props).to.deep.equal({ a: 2 });
    expect(graph.outputs[0]?.provider).to.equal("urn:provider");
  });
});
