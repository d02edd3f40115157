// Levels, settings and exceptions: what a finding becomes.
import { expect } from "chai";
import { evaluate, type PackConfig } from "../../../../policies/shared/evaluate.ts";
import { exceptionKey, matches } from "../../../../policies/shared/exceptions.ts";
import { graphOf } from "../../../../policies/shared/graph.ts";
import { propertyRule } from "../../../../policies/shared/property-rule.ts";
import { formatFinding, type Pack, type Setting } from "../../../../policies/shared/rule.ts";
import { settingSchema, settingsOf } from "../../../../policies/shared/settings.ts";
import { type Fixture, planned, unknown } from "../fixtures/types.ts";

const settings: Readonly<Record<string, Setting>> = {
  least: { type: "integer", minimum: 1, maximum: 9, default: 3, description: "Smallest size." },
  share: { type: "number", minimum: 0, maximum: 1, default: 0.5, description: "A share." },
  kind: { type: "string", enum: ["a", "b"], default: "a", description: "A kind." },
  word: { type: "string", pattern: "^x", default: "x", description: "A word." },
  names: { type: "strings", default: [], description: "Names." },
  table: {
    type: "object",
    schema: { additionalProperties: { type: "integer" } },
    default: {},
    description: "A table.",
  },
};

const rule = propertyRule({
  name: "test-thing-size",
  types: "a:b:Thing",
  property: "size",
  description: "A thing must be large.",
  severity: "high",
  frameworks: [],
  remediation: "Make it larger.",
  settings,
  holds: (value, { settings: { least } }) => Number(value) >= Number(least),
  required: ({ settings: { least } }) => `at least ${least}`,
  fix: "make it larger",
});
const pack: Pack = { name: "test", folder: "test", description: "A test.", rules: [rule] };
const message = "one (a:b:Thing): size is 2, required at least 3. Fix: make it larger.";

function outcomes(config: PackConfig, props: Fixture["props"] = { size: 2 }) {
  const list = planned([
    { type: "a:b:Thing", name: "one", props },
    { type: "a:b:Other", name: "other", props: {} },
  ]);
  return evaluate(pack, graphOf(list), config, "2026-11-23").map(
    ({ status, level, message: text, exception }) => ({
      status,
      level,
      text,
      reason: exception?.reason,
    }),
  );
}
const exception = {
  policy: rule.name,
  resource: "o*",
  reason: "It is small on purpose.",
  expires: "2026-11-23",
};

describe("the outcome of a rule", () => {
  it("is a mandatory violation unless configured otherwise", () => {
    expect(outcomes({})).to.deep.equal([
      { status: "violation", level: "mandatory", text: message, reason: undefined },
    ]);
  });

  it("has the rule's own level before that of all rules", () => {
    expect(outcomes({ all: "advisory" }).map(({ level }) => level)).to.deep.equal(["advisory"]);
    expect(outcomes({ all: "advisory", [rule.name]: "mandatory" }).map(({ level }) => level)).to.deep.equal([
      "mandatory",
    ]);
    expect(outcomes({ [rule.name]: { enforcementLevel: "disabled" } })).to.deep.equal([]);
  });

  it("follows the settings", () => {
    expect(outcomes({ [rule.name]: { least: 2 } })).to.deep.equal([]);
    expect(outcomes({ [rule.name]: { least: 9 } }, { size: 8 }).map(({ text }) => text)).to.deep.equal([
      "one (a:b:Thing): size is 8, required at least 9. Fix: make it larger.",
    ]);
  });

  it("is undetermined where the value is unknown, exception or not", () => {
    const open = { status: "undetermined", level: "mandatory", reason: undefined };
    const text = "one (a:b:Thing): size is unknown, required at least 3. Fix: make it larger.";
    expect(outcomes({ [rule.name]: { exceptions: [exception] } }, { size: unknown })).to.deep.equal([
      { ...open, text },
    ]);
  });

  it("is excepted up to and with the exception's last day, and listed", () => {
    expect(outcomes({ [rule.name]: { exceptions: [exception] } })).to.deep.equal([
      { status: "excepted", level: "mandatory", text: message, reason: exception.reason },
    ]);
  });

  it("is a violation that says so once the exception has expired", () => {
    const expired = { ...exception, expires: "2026-11-22" };
    expect(outcomes({ [rule.name]: { exceptions: [expired] } })).to.deep.equal([
      {
        status: "violation",
        level: "mandatory",
        text: `${message} The exception for it expired on 2026-11-22: It is small on purpose.`,
        reason: exception.reason,
      },
    ]);
  });

  it("is not excepted for another resource or policy", () => {
    for (const other of [{ resource: "two" }, { policy: "test-thing-colour" }]) {
      const config = { [rule.name]: { exceptions: [{ ...exception, ...other }] } };
      expect(outcomes(config).map(({ status }) => status)).to.deep.equal(["violation"]);
    }
  });

  for (const place of ["tags", "annotations", "metadata"]) {
    it(`is excepted by what the resource declares in its ${place}`, () => {
      const entry = { [exceptionKey(rule.name)]: "2026-12-31 It is small on purpose." };
      const declared = place === "metadata" ? { annotations: entry } : entry;
      expect(outcomes({}, { size: 2, [place]: declared })).to.deep.equal([
        { status: "excepted", level: "mandatory", text: message, reason: "It is small on purpose." },
      ]);
    });
  }

  it("is not excepted by a declaration without a day or without a reason", () => {
    for (const text of ["It is small on purpose.", "2026-12-31", "2026-12-31 "]) {
      const tags = { [exceptionKey(rule.name)]: text };
      expect(
        outcomes({}, { size: 2, tags }).map(({ status }) => status),
        text,
      ).to.deep.equal(["violation"]);
    }
  });
});

describe("the pattern of an exception", () => {
  it("takes * for any characters and everything else for itself", () => {
    expect(matches("data-*", "data-postgres")).to.equal(true);
    expect(matches("data-*", "my-data-postgres")).to.equal(false);
    expect(matches("a.c", "abc")).to.equal(false);
    expect(matches("*", "")).to.equal(true);
  });
});

describe("the settings of a rule", () => {
  it("are published as JSON schema", () => {
    expect(
      Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, settingSchema(setting)])),
    ).to.deep.equal({
      least: { type: "integer", minimum: 1, maximum: 9, default: 3, description: "Smallest size." },
      share: { type: "number", minimum: 0, maximum: 1, default: 0.5, description: "A share." },
      kind: { type: "string", enum: ["a", "b"], default: "a", description: "A kind." },
      word: { type: "string", pattern: "^x", default: "x", description: "A word." },
      names: { type: "array", items: { type: "string" }, default: [], description: "Names." },
      table: {
        type: "object",
        additionalProperties: { type: "integer" },
        default: {},
        description: "A table.",
      },
    });
  });

  it("are refused out of their bounds, all at once", () => {
    const wrong = { least: 10, share: 2, kind: "c", word: "y", names: [1], table: [] };
    expect(() => settingsOf(rule, wrong)).to.throw(
      [
        ["least", "10", "a whole number from 1 to 9"],
        ["share", "2", "a number from 0 to 1"],
        ["kind", '"c"', "one of a, b"],
        ["word", '"y"', "a text that matches ^x"],
        ["names", "[1]", "a list of texts"],
        ["table", "[]", "an object"],
      ]
        .map(([name, got, allowed]) =>
          [
            `test-thing-size › ${name}: got ${got}`,
            `  allowed: ${allowed}`,
            `  fix: set ${name} to ${allowed}, or leave it out for the default`,
          ].join("\n"),
        )
        .join("\n"),
    );
    expect(() => settingsOf(rule, { least: 2.5 })).to.throw("got 2.5");
  });
});

describe("the text of a finding", () => {
  it("names resource, property, what is there, what is required and the fix", () => {
    const [found] = evaluate(
      pack,
      graphOf(planned([{ type: "a:b:Thing", name: "one", props: { size: 2 } }])),
      {},
      "2026-11-23",
    );
    if (!found) throw new Error("nothing found");
    expect(formatFinding(found.finding)).to.equal(message);
  });
});
