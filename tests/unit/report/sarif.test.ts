// Covers policies.sarif: valid against the schema, every field that GitHub reads, stable fingerprints, suppressions.
import { expect } from "chai";
import { policiesSarif } from "../../../cli/report/sarif.ts";
import { sarifErrors } from "../../support/sarif.ts";
import { exception, guardrails, hostile, outcome, report } from "./fixture.ts";

const sarif = (...outcomes: Parameters<typeof guardrails>[0][number][]) =>
  JSON.parse(policiesSarif(report({ guardrails: guardrails(outcomes, [exception]) })));

describe("policies.sarif", () => {
  const log = sarif(
    outcome("service-image-pinned", "violation"),
    outcome("service-image-pinned", "violation", { name: "advised", level: "advisory" }),
    outcome("service-probes", "excepted"),
    outcome("service-probes", "undetermined", { name: "later" }),
  );
  const [run] = log.runs;

  it("is valid SARIF 2.1.0, with findings and without", () => {
    for (const one of [log, sarif()]) expect(sarifErrors(one)).to.deep.equal([]);
  });

  it("is rejected by the schema when a result lacks its message", () => {
    const broken = structuredClone(log);
    delete broken.runs[0].results[0].message;
    expect(sarifErrors(broken)).to.deep.equal(["/runs/0/results/0 must have required property 'message'"]);
  });

  it("describes every policy in force with what GitHub shows of it", () => {
    expect(run.tool.driver.rules.map((rule: { id: string }) => rule.id)).to.deep.equal([
      "llm-marketplace-encryption/service-image-pinned",
      "llm-marketplace-encryption/service-probes",
      "llm-marketplace-encryption/service-quiet",
    ]);
    expect(run.tool.driver.rules[0]).to.deep.equal({
      id: "llm-marketplace-encryption/service-image-pinned",
      name: "service-image-pinned",
      shortDescription: { text: "service-image-pinned must hold." },
      fullDescription: { text: "service-image-pinned must hold. Else nobody sleeps." },
      help: {
        text: "Mend service-image-pinned.\nPod Security Standards 1.35: restricted",
        markdown:
          "**service-image-pinned must hold. Else nobody sleeps.**\n\nRemediation: Mend service-image-pinned.\n\n- Pod Security Standards 1.35: restricted",
      },
      defaultConfiguration: { level: "error" },
      properties: {
        tags: ["security", "high", "llm-marketplace-encryption", "Pod Security Standards 1.35: restricted"],
        "security-severity": "8.0",
        precision: "very-high",
        "problem.severity": "error",
      },
    });
  });

  it("gives each finding its level, its resource and a line of the stack file", () => {
    const levels = run.results.map((one: { kind: string; level: string }) => `${one.kind} ${one.level}`);
    expect(levels).to.deep.equal(["fail error", "fail warning", "review none", "fail error"]);
    const { properties: _properties, partialFingerprints: _prints, ...first } = run.results[0];
    expect(first).to.deep.equal({
      ruleId: "llm-marketplace-encryption/service-image-pinned",
      ruleIndex: 0,
      kind: "fail",
      level: "error",
      message: {
        text: 'search-rollout (kubernetes:argoproj.io/v1alpha1:Rollout): spec.image is "search:latest", required a digest. Fix: pin the image.',
      },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "Pulumi.test.yaml", uriBaseId: "PROJECTROOT", index: 0 },
            region: { startLine: 1 },
          },
          logicalLocations: [
            {
              name: "search-rollout",
              fullyQualifiedName:
                "urn:pulumi:test::llm-marketplace::kubernetes:argoproj.io/v1alpha1:Rollout::search-rollout#spec.image",
              kind: "resource",
            },
          ],
        },
      ],
    });
  });

  it("suppresses what is excepted, with reason and end, and nothing else", () => {
    const suppressed = run.results.map((one: { suppressions?: unknown }) => one.suppressions);
    expect(suppressed).to.deep.equal([
      undefined,
      undefined,
      undefined,
      [
        {
          kind: "external",
          status: "accepted",
          justification: "The probe comes with the next release. (until 2026-12-31)",
        },
      ],
    ]);
  });

  it("has the same fingerprint while policy, resource and property are the same, and another otherwise", () => {
    const print = (...outcomes: Parameters<typeof sarif>) =>
      sarif(...outcomes).runs[0].results[0].partialFingerprints["resourceProperty/v1"];
    const first = print(outcome("service-probes", "violation"));
    expect(first).to.match(/^[0-9a-f]{32}$/);
    expect(print(outcome("service-probes", "violation", { actual: '"another"' }))).to.equal(first);
    expect(print(outcome("service-probes", "violation", { name: "other" }))).not.to.equal(first);
    expect(print(outcome("service-probes", "violation", { property: "other" }))).not.to.equal(first);
    expect(print(outcome("service-image-pinned", "violation"))).not.to.equal(first);
  });

  it("stays valid with hostile names", () => {
    const one = sarif(outcome("service-probes", "violation", { name: hostile, actual: hostile }));
    expect(sarifErrors(one)).to.deep.equal([]);
    expect(one.runs[0].results[0].locations[0].logicalLocations[0].name).to.equal(hostile);
  });
});
