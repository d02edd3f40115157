// Any configuration, however broken, either resolves or is refused with problems that say where and what: never
// another exception.
import { expect } from "chai";
import fc from "fast-check";
import { isObject, type Json, type JsonObject, merge } from "../../../config/merge.ts";
import { type ParseResult, parse } from "../../../config/parse.ts";
import { resolvedConfig, stacks } from "../../../config/resolve.ts";
import { toSettings } from "../../../config/settings.ts";
import { editDistance, nearest } from "../../../config/suggest.ts";
import { asPulumi, smallest, today } from "./support.ts";

const from = { project: "llm-marketplace", stack: "dev", today };

/** Holds for every result: settings, or problems each with its four parts. */
function resolvesOrExplains(result: ParseResult): boolean {
  if (result.config !== undefined) return toSettings(result.config, from).services.length === 4;
  return (
    result.problems.length > 0 &&
    result.problems.every(
      ({ path, got, allowed, fix }) =>
        [path, got, allowed, fix].every((part) => part.length > 0) &&
        !/undefined|\[object/.test(allowed + fix),
    )
  );
}

/** Every place of a value, as paths. */
function paths(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => paths(child, [...path, key]))];
}

function replaceAt(value: Json, [key, ...rest]: readonly string[], own: Json | undefined): Json {
  if (key === undefined) return own ?? null;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).flatMap(([name, child]): [string, Json][] => {
    if (name !== key) return [[name, child]];
    if (rest.length > 0) return [[name, replaceAt(child, rest, own)]];
    return own === undefined ? [] : [[name, own]];
  });
  return Array.isArray(value) ? entries.map(([, child]) => child) : Object.fromEntries(entries);
}

const anyJson = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const nearMiss: fc.Arbitrary<Json | undefined> = fc.oneof(
  anyJson,
  fc.constantFrom<Json | undefined>(
    undefined,
    -1,
    0,
    1,
    2,
    3,
    1e9,
    0.5,
    "",
    "in-cluster",
    "managed",
    "0.0.0.0/0",
  ),
);
const valid: readonly JsonObject[] = stacks.map(
  (stack) => JSON.parse(JSON.stringify(resolvedConfig(stack, today))) as JsonObject,
);

describe("Any configuration", () => {
  it("resolves or is explained, after arbitrary values in the place of right ones", () => {
    const mutated = fc.constantFrom(...valid).chain((config) =>
      fc
        .array(fc.tuple(fc.constantFrom(...paths(config).slice(1)), nearMiss), {
          minLength: 1,
          maxLength: 4,
        })
        .map((changes) => changes.reduce<Json>((value, [path, own]) => replaceAt(value, path, own), config)),
    );
    fc.assert(
      fc.property(mutated, (config) => resolvesOrExplains(parse(asPulumi(config as JsonObject), from))),
      { numRuns: 1500 },
    );
  });

  it("resolves or is explained, of arbitrary JSON in every section", () => {
    const sections = [
      "aws",
      "network",
      "cluster",
      "data",
      "kafka",
      "observability",
      "backup",
      "services",
      "cost",
    ];
    const config = fc
      .dictionary(fc.constantFrom(...sections), anyJson)
      .map((own) => ({ ...smallest.dev, ...own }));
    fc.assert(
      fc.property(config, (own) => resolvesOrExplains(parse(asPulumi(own), from))),
      { numRuns: 500 },
    );
  });

  it("resolves or is explained, of arbitrary keys and texts", () => {
    const key = fc.oneof(
      fc.string(),
      fc.string().map((name) => `llm-marketplace:${name}`),
      fc.constantFrom(
        "llm-marketplace:__proto__",
        "llm-marketplace:constructor",
        "llm-marketplace:network",
        "aws:region",
      ),
    );
    const values = fc.dictionary(key, fc.oneof(fc.string(), fc.json()));
    fc.assert(
      fc.property(values, (own) => resolvesOrExplains(parse(own, from))),
      { numRuns: 500 },
    );
  });

  it("keeps no default where any stack is given whole, and then resolves to itself", () => {
    for (const [index, stack] of stacks.entries()) {
      const whole = valid[index] as JsonObject;
      const { config, problems } = parse(asPulumi(whole), { ...from, stack });
      expect(problems).to.deep.equal([]);
      expect(JSON.parse(JSON.stringify(config))).to.deep.equal(whole);
    }
  });
});

describe("Merging defaults", () => {
  it("lets what the user wrote win, and keeps what he did not", () => {
    const base = { a: { b: 1, c: [1, 2] }, d: true };
    expect(merge(base, { a: { c: [3] } })).to.deep.equal({ a: { b: 1, c: [3] }, d: true });
  });

  it("takes nothing of the default where the mode is another", () => {
    expect(merge({ mode: "managed", replicas: 2 }, { mode: "in-cluster", members: 3 })).to.deep.equal({
      mode: "in-cluster",
      members: 3,
    });
    expect(merge({ mode: "managed", replicas: 2 }, { replicas: 1 })).to.deep.equal({
      mode: "managed",
      replicas: 1,
    });
  });

  it("changes nothing with nothing, and everything with the whole", () => {
    const object = fc.dictionary(fc.string(), anyJson) as fc.Arbitrary<JsonObject>;
    fc.assert(
      fc.property(object, object, (base, own) => {
        const merged = merge(base, own);
        expect(merge(base, {})).to.deep.equal(base);
        expect(merge(merged, own)).to.deep.equal(merged);
        return isObject(merged) && Object.keys(own).every((key) => Object.hasOwn(merged, key));
      }),
    );
  });

  it("keeps a key named __proto__ as a key", () => {
    const merged = merge({ a: 1 }, JSON.parse('{"__proto__": {"b": 2}}') as Json) as JsonObject;
    expect(Object.keys(merged)).to.deep.equal(["a", "__proto__"]);
    expect((merged as { b?: number }).b).to.equal(undefined);
  });
});

describe("Did you mean", () => {
  it("counts letters to change, add, drop or swap", () => {
    expect(editDistance("nat", "natt")).to.equal(1);
    expect(editDistance("singel", "single")).to.equal(1);
    expect(editDistance("kafka", "redis")).to.equal(5);
  });

  it("is a distance", () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (one, other) => {
        const distance = editDistance(one, other);
        return distance === editDistance(other, one) && (distance === 0) === (one === other);
      }),
    );
  });

  it("offers nothing that is far off", () => {
    expect(nearest("colour", ["cidr", "zones", "nat"])).to.equal(undefined);
    expect(nearest("instancetype", ["instanceType", "diskGiB"])).to.equal("instanceType");
  });
});
