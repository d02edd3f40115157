// The configuration of the packs that follows from a stack's: levels, exceptions, unknown names, and fresh files.
import { expect } from "chai";
import { resolvedConfig } from "../../../../config/resolve.ts";
import type { PlatformConfig } from "../../../../config/schema/platform.ts";
import { evaluateAll } from "../../../../policies/index.ts";
import { packConfigs } from "../../../../policies/shared/stack-config.ts";
import { stalePolicyFiles } from "../../../../tools/policy-config.ts";
import * as aws from "../fixtures/compliant/aws.ts";
import { alter, planned } from "../fixtures/types.ts";

const rule = "aws-sns-topic-customer-key";
const reason = "Messages hold no data, agreed with the owner.";

function withGuardrails(stack: string, guardrails: Partial<PlatformConfig["guardrails"]>): PlatformConfig {
  const config = resolvedConfig(stack);
  return { ...config, guardrails: { ...config.guardrails, ...guardrails } };
}

describe("the configuration of the packs for a stack", () => {
  for (const stack of ["production", "staging"]) {
    it(`holds ${stack} to every rule of the encryption pack`, () => {
      expect(packConfigs(stack, resolvedConfig(stack)).encryption).to.deep.equal({ all: "mandatory" });
    });
  }

  it("leaves out on a laptop what a laptop cannot have", () => {
    expect(packConfigs("local", resolvedConfig("local")).encryption).to.deep.equal({
      all: "mandatory",
      "kubernetes-storageclass-encryption": { enforcementLevel: "disabled" },
      "kubernetes-storageclass-customer-key": { enforcementLevel: "disabled" },
      "stack-output-secret": { enforcementLevel: "advisory" },
    });
  });

  it("takes levels and exceptions of the stack file", () => {
    const exception = { policy: rule, resource: "alarms", reason, expires: "2027-01-31" };
    const config = withGuardrails("production", {
      levels: { "aws-s3-bucket-tls": "advisory" },
      exceptions: [exception],
    });
    expect(packConfigs("production", config).encryption).to.deep.equal({
      all: "mandatory",
      "aws-s3-bucket-tls": { enforcementLevel: "advisory" },
      [rule]: { enforcementLevel: "mandatory", exceptions: [exception] },
    });
  });

  it("tells rules the stack's environment where they ask for it", () => {
    const { availability } = packConfigs("dev", resolvedConfig("dev"));
    const told = Object.values(availability ?? {}).flatMap((entry) =>
      typeof entry === "object" && "environment" in entry ? [entry.environment] : [],
    );
    expect(new Set(told)).to.deep.equal(new Set(["dev"]));
  });

  it("refuses names that no pack has, all at once, with the nearest", () => {
    const exceptions = [
      { policy: "aws-sns-topic-customer-kee", resource: "*", reason, expires: "2027-01-31" },
    ];
    const config = withGuardrails("dev", { levels: { nonsense: "advisory" }, exceptions });
    expect(() => packConfigs("dev", config)).to.throw(
      [
        'Pulumi.dev.yaml › guardrails.levels.nonsense: got "nonsense"',
        "  allowed: the name of a policy of one of the packs",
        "  fix: take a name from policies/RULES.md",
        'Pulumi.dev.yaml › guardrails.exceptions[0].policy: got "aws-sns-topic-customer-kee"',
        "  allowed: the name of a policy of one of the packs",
        "  fix: take a name from policies/RULES.md, perhaps aws-sns-topic-customer-key",
      ].join("\n"),
    );
  });

  it("is what is committed, together with the list of rules", () => {
    expect(stalePolicyFiles()).to.deep.equal([]);
  });
});

describe("all packs over a plan", () => {
  const resources = planned([alter(aws.topic, { kmsMasterKeyId: "alias/aws/sns" })]);
  const found = (config: PlatformConfig, today = "2026-11-23") =>
    evaluateAll({ stack: "production", resources }, config, today)
      .filter((outcome) => outcome.rule.name === rule)
      .map(({ pack, level, status, exception }) => ({ pack, level, status, reason: exception?.reason }));
  const pack = "llm-marketplace-encryption";

  it("find what is wrong at the stack's levels", () => {
    expect(found(resolvedConfig("production"))).to.deep.equal([
      { pack, level: "mandatory", status: "violation", reason: undefined },
    ]);
    expect(found(withGuardrails("production", { levels: { [rule]: "advisory" } }))).to.deep.equal([
      { pack, level: "advisory", status: "violation", reason: undefined },
    ]);
  });

  it("list what is excepted, until the exception expires", () => {
    const config = withGuardrails("production", {
      exceptions: [{ policy: rule, resource: "alarms", reason, expires: "2027-01-31" }],
    });
    expect(found(config)).to.deep.equal([{ pack, level: "mandatory", status: "excepted", reason }]);
    expect(found(config, "2027-02-01")).to.deep.equal([
      { pack, level: "mandatory", status: "violation", reason },
    ]);
  });
});
