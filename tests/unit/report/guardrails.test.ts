// Covers the outcomes of the packs as the report counts them: per policy, in order of gravity, with exceptions.
import { expect } from "chai";
import { totals } from "../../../cli/report/guardrails.ts";
import { verdictOf } from "../../../cli/report/model.ts";
import { policiesJson } from "../../../cli/report/policies-json.ts";
import { cost, exception, guardrails, outcome, report, today } from "./fixture.ts";

const counts = (outcomes: Parameters<typeof guardrails>[0]) =>
  guardrails(outcomes).rules.map(({ rule, level, judged, passed, violations, excepted, undetermined }) =>
    [rule, level, judged, passed, violations, excepted, undetermined].join(" "),
  );

describe("the guardrails of a report", () => {
  it("count every policy's judgements, passes and findings", () => {
    const outcomes = [
      outcome("service-image-pinned", "violation"),
      outcome("service-image-pinned", "violation", { property: "spec.other" }),
      outcome("service-image-pinned", "undetermined", { name: "other" }),
      outcome("service-probes", "excepted"),
    ];
    expect(counts(outcomes)).to.deep.equal([
      "service-image-pinned mandatory 3 1 2 0 1",
      "service-probes mandatory 3 2 0 1 0",
      "service-quiet mandatory 1 1 0 0 0",
      "service-off disabled 0 0 0 0 0",
    ]);
    expect(totals(guardrails(outcomes))).to.deep.equal({
      policies: 3,
      applied: 3,
      judgements: 7,
      passed: 4,
      mandatory: 2,
      advisory: 0,
      undetermined: 1,
      excepted: 1,
      disabled: 1,
    });
  });

  it("list mandatory violations first, the gravest on top, then advisory, undetermined and excepted ones", () => {
    const { findings } = guardrails([
      outcome("service-probes", "excepted"),
      outcome("service-probes", "undetermined"),
      outcome("service-image-pinned", "violation", { level: "advisory" }),
      outcome("service-probes", "violation"),
      outcome("service-image-pinned", "violation", { name: "b" }),
      outcome("service-image-pinned", "violation", { name: "a" }),
    ]);
    expect(findings.map((one) => `${one.status} ${one.level} ${one.severity} ${one.resource}`)).to.deep.equal(
      [
        "violation mandatory high a",
        "violation mandatory high b",
        "violation mandatory medium search-rollout",
        "violation advisory high search-rollout",
        "undetermined mandatory medium search-rollout",
        "excepted mandatory medium search-rollout",
      ],
    );
  });

  it("show declared exceptions with what they cover, and those that have expired", () => {
    const unused = { ...exception, resource: "gone", expires: "2026-11-22" };
    expect(guardrails([outcome("service-probes", "excepted")], [exception, unused]).exceptions).to.deep.equal(
      [
        { ...exception, covers: 1, expired: false },
        { ...unused, covers: 0, expired: true },
      ],
    );
  });

  it("list an exception that only the resource itself declares", () => {
    expect(guardrails([outcome("service-probes", "excepted")]).exceptions).to.deep.equal([
      { ...exception, covers: 1, expired: false },
    ]);
  });

  it("hold an exception on its last day", () => {
    expect(guardrails([], [{ ...exception, expires: today }]).exceptions[0]?.expired).to.equal(false);
  });
});

describe("the verdict", () => {
  it("lets a stack be built when only advisory policies are violated", () => {
    const data = report({
      guardrails: guardrails([outcome("service-probes", "violation", { level: "advisory" })]),
    });
    expect(verdictOf(data)).to.deep.equal({
      mayBeBuilt: true,
      headline: "test may be built: no mandatory policy is violated.",
      reasons: [],
    });
  });

  it("names every kind of reason", () => {
    const { optimised } = cost;
    const over = {
      ...cost,
      optimisedUsdPerMonth: 300.01,
      optimised: optimised && { ...optimised, usdPerMonth: 300.01 },
    };
    const outcomes = [
      outcome("service-probes", "violation"),
      outcome("service-image-pinned", "violation"),
      outcome("service-image-pinned", "violation", { name: "other" }),
    ];
    expect(verdictOf(report({ guardrails: guardrails(outcomes), cost: over }))).to.deep.equal({
      mayBeBuilt: false,
      headline:
        "test may not be built: 3 violations of 2 mandatory policies; the optimised price of $300.01 is over its budget of $300.00.",
      reasons: [
        "3 violations of 2 mandatory policies",
        "the optimised price of $300.01 is over its budget of $300.00",
      ],
    });
  });

  it("lets an optimised price that is exactly the budget pass", () => {
    expect(verdictOf(report({ cost: { ...cost, optimisedUsdPerMonth: 300 } })).mayBeBuilt).to.equal(true);
  });
});

describe("policies.json", () => {
  it("holds verdict, totals, policies, outcomes and exceptions", () => {
    const data = report({ guardrails: guardrails([outcome("service-probes", "excepted")], [exception]) });
    const document = JSON.parse(policiesJson(data));
    expect(Object.keys(document)).to.deep.equal([
      "stack",
      "date",
      "mayBeBuilt",
      "reasons",
      "totals",
      "policies",
      "outcomes",
      "exceptions",
    ]);
    expect([document.stack, document.date, document.mayBeBuilt]).to.deep.equal(["test", today, true]);
    expect(document.policies).to.have.length(4);
    expect(document.outcomes).to.deep.equal([
      {
        pack: "llm-marketplace-encryption",
        rule: "service-probes",
        level: "mandatory",
        severity: "medium",
        status: "excepted",
        message:
          'search-rollout (kubernetes:argoproj.io/v1alpha1:Rollout): spec.image is "search:latest", required a digest. Fix: pin the image.',
        urn: "urn:pulumi:test::llm-marketplace::kubernetes:argoproj.io/v1alpha1:Rollout::search-rollout",
        type: "kubernetes:argoproj.io/v1alpha1:Rollout",
        resource: "search-rollout",
        property: "spec.image",
        actual: '"search:latest"',
        required: "a digest",
        fix: "pin the image",
        frameworks: [{ name: "Pod Security Standards", version: "1.35", control: "restricted" }],
        exception,
      },
    ]);
    expect(document.exceptions).to.deep.equal([{ ...exception, covers: 1, expired: false }]);
  });
});
