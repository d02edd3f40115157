// Covers the text of goldens and the difference that a stale one prints.
import { expect } from "chai";
import { diffLines, goldenText } from "../../support/golden.ts";
import { planWith } from "./fixture.ts";

describe("a golden", () => {
  it("has a line per resource with its name, namespace, protection and the arguments that matter", () => {
    const lines = goldenText(planWith()).split("\n");
    expect(lines[0]).to.equal("# The plan of staging (aws), renewed by `make goldens`.");
    expect(lines).to.include(
      "    aws:rds:Instance database protected publiclyAccessible=false storageEncrypted=true",
    );
    expect(lines).to.include("    kubernetes:core/v1:Service service in data");
    expect(lines.filter((line) => line !== "" && !line.startsWith("#"))).to.have.length(
      planWith().resources.length,
    );
  });

  it("that differs shows the lines around each difference", () => {
    expect(diffLines("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nX\ne\nf\ng")).to.equal("  b\n  c\n- d\n+ X\n  e\n  f");
    expect(diffLines("a\nb", "a\nb\nc")).to.equal("  a\n  b\n+ c");
    expect(diffLines("same\n", "same\n")).to.equal("");
  });
});
