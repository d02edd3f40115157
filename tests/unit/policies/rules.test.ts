// Every rule of every pack over its table of fixtures: what complies passes all packs, what is broken in one property is
// rejected with the exact message, and each rule has at least one fixture that no other rule rejects.
import { expect } from "chai";
import { packs } from "../../../policies/index.ts";
import { evaluate, type Outcome, type PackConfig } from "../../../policies/shared/evaluate.ts";
import { graphOf } from "../../../policies/shared/graph.ts";
import type { Rule, Setting } from "../../../policies/shared/rule.ts";
import { settingSchema, settingsOf } from "../../../policies/shared/settings.ts";
import { fixtures } from "./fixtures/index.ts";
import { type Broken, breakOne, type Fixture, planned, type RuleFixtures } from "./fixtures/types.ts";

const today = "2026-11-23";
const rules = packs.flatMap((pack) => pack.rules);

/** A list is an excerpt of a stack: that the cost model has no price of a cloud's only resource says nothing there. */
const excerpt: PackConfig = { "stack-cost-unpriced-share": "disabled" };

/** Outcomes of all packs over a list. */
function judge(list: readonly Fixture[], table: RuleFixtures, settings = {}): Outcome[] {
  const config: PackConfig = {
    ...excerpt,
    ...table.config,
    [table.rule]: { ...table.config?.[table.rule], ...settings },
  };
  const graph = graphOf(planned(list));
  return packs.flatMap((pack) => evaluate(pack, graph, config, today));
}

const described = (outcomes: readonly Outcome[]) =>
  outcomes.map(({ rule, message }) => `${rule.name}: ${message}`);
const messages = ({ message }: Broken) => (typeof message === "string" ? [message] : [...message]);

function breakFirst(table: RuleFixtures, broken: Broken): Fixture[] {
  return breakOne(table.compliant[0] ?? [], broken);
}

for (const table of fixtures) {
  const rule = rules.find(({ name }) => name === table.rule);
  describe(`the rule ${table.rule}`, () => {
    if (!rule) {
      it("exists", () => expect.fail(`no pack has a rule ${table.rule}`));
      return;
    }
    table.compliant.forEach((list, index) => {
      it(`lets compliant list ${index + 1} pass, as do all other rules`, () => {
        expect(described(judge(list, table))).to.deep.equal([]);
      });
    });
    for (const broken of table.broken) {
      it(`${broken.undetermined ? "cannot judge yet" : "rejects"} ${broken.title}`, () => {
        const found = judge(breakFirst(table, broken), table, broken.settings).filter(
          (outcome) => outcome.rule === rule,
        );
        expect(found.map(({ message }) => message)).to.deep.equal(messages(broken));
        const status = broken.undetermined ? "undetermined" : "violation";
        expect(new Set(found.map((one) => one.status))).to.deep.equal(new Set([status]));
      });
    }
    for (const { title, settings, resources } of table.passesWith ?? []) {
      it(`lets pass ${title}`, () => {
        expect(described(judge(resources, table, settings).filter((one) => one.rule === rule))).to.deep.equal(
          [],
        );
        expect(described(judge(resources, table).filter((one) => one.rule === rule))).not.to.deep.equal([]);
      });
    }
    it("rejects at least one fixture that every other rule lets pass", () => {
      const alone = table.broken.filter((broken) => {
        if (broken.undetermined) return false;
        const outcomes = judge(breakFirst(table, broken), table, broken.settings);
        return outcomes.length > 0 && outcomes.every((outcome) => outcome.rule === rule);
      });
      const others = table.broken.flatMap((broken) =>
        judge(breakFirst(table, broken), table, broken.settings).map((outcome) => outcome.rule.name),
      );
      expect(alone, `each is also rejected by: ${[...new Set(others)].join(", ")}`).not.to.be.empty;
    });
    for (const [name, setting] of Object.entries(rule.settings ?? {}))
      settingTests(table, rule, name, setting);
  });
}

function settingTests(table: RuleFixtures, rule: Rule, name: string, setting: Setting): void {
  it(`has a default for ${name} that its own schema allows`, () => {
    expect(settingsOf(rule, { [name]: setting.default })[name]).to.deep.equal(setting.default);
    expect(settingSchema(setting).default).to.deep.equal(setting.default);
  });
  it(`shows in a fixture what ${name} changes`, () => {
    const shown = [...table.broken, ...(table.passesWith ?? [])].some(
      ({ settings }) => settings?.[name] !== undefined,
    );
    expect(shown, `no fixture of ${rule.name} sets ${name}`).to.equal(true);
  });
  if (setting.type !== "integer" && setting.type !== "number") return;
  const { minimum, maximum } = setting;
  it(`takes ${name} from ${minimum} to ${maximum} and nothing beyond`, () => {
    for (const value of [minimum, maximum]) expect(settingsOf(rule, { [name]: value })[name]).to.equal(value);
    const kind = setting.type === "number" ? "a number" : "a whole number";
    for (const value of [minimum - 1, maximum + 1]) {
      const allowed = `${kind} from ${minimum} to ${maximum}`;
      expect(() => settingsOf(rule, { [name]: value })).to.throw(
        `${rule.name} › ${name}: got ${value}\n  allowed: ${allowed}\n  fix: set ${name} to ${allowed}, or leave it out for the default`,
      );
    }
  });
}

describe("the rules of all packs", () => {
  it("have a table of fixtures each", () => {
    const covered = new Set(fixtures.map(({ rule }) => rule));
    expect(rules.map(({ name }) => name).filter((name) => !covered.has(name))).to.deep.equal([]);
    expect(fixtures).to.have.length(covered.size);
  });

  it("have names of their own, of the form cloud-service-resource-rule", () => {
    const names = rules.map(({ name }) => name);
    expect(
      names.filter((name) => !/^(aws|gcp|azure|kubernetes|stack)(-[a-z0-9]+){2,}$/.test(name)),
    ).to.deep.equal([]);
    expect(new Set(names).size).to.equal(names.length);
  });

  it("have a fixture with an absent and one with an unknown value each, or say why not", () => {
    const without = fixtures.filter(
      ({ broken, neverUnknown }) =>
        neverUnknown === undefined && !broken.some(({ undetermined }) => undetermined),
    );
    expect(without.map(({ rule }) => rule)).to.deep.equal([]);
  });

  it("say in a sentence what must be true, how it is mended and whose control it is", () => {
    for (const { name, description, remediation, frameworks } of rules) {
      expect(description, name).to.match(/^[A-Z].*[.]$/s);
      expect(remediation, name).to.match(/^[A-Z].*[.]$/s);
      for (const { name: framework, version, control } of frameworks) {
        expect(
          [framework, version, control].every((part) => part !== ""),
          name,
        ).to.equal(true);
      }
    }
  });
});
