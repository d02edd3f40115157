// Covers the guardrails on a terminal: a summary, and mandatory violations for the last lines.
import { expect } from "chai";
import { verdictOf } from "../../../cli/report/model.ts";
import { formatGuardrails, formatViolations, oneLine } from "../../../cli/report/terminal.ts";
import { exception, guardrails, hostile, outcome, report } from "./fixture.ts";

const plain = { colours: false };

describe("guardrails on the terminal", () => {
  it("are two lines where nothing is to be said", () => {
    expect(formatGuardrails(guardrails([]), plain)).to.equal(
      "Guardrails: 3 policies, 7 judgements\n  7 passed, 0 mandatory and 0 advisory violated, 0 undetermined, 0 excepted",
    );
  });

  it("list advisory and undetermined findings, and count exceptions", () => {
    const summary = formatGuardrails(
      guardrails(
        [
          outcome("service-probes", "violation", { level: "advisory" }),
          outcome("service-probes", "undetermined"),
          outcome("service-image-pinned", "violation"),
        ],
        [exception, { ...exception, expires: "2026-01-01" }],
      ),
      plain,
    );
    const message =
      'search-rollout (kubernetes:argoproj.io/v1alpha1:Rollout): spec.image is "search:latest", required a digest. Fix: pin the image.';
    expect(summary.split("\n").slice(2)).to.deep.equal([
      `  advisory service-probes: ${message}`,
      `  undetermined service-probes: ${message}`,
      "  2 exceptions, 1 expired",
    ]);
  });

  it("name ten advisory findings and count the rest", () => {
    const many = Array.from({ length: 12 }, (_, index) =>
      outcome("service-probes", "violation", { level: "advisory", name: `n${index}` }),
    );
    const lines = formatGuardrails(guardrails(many), plain).split("\n");
    expect(lines.filter((line) => line.startsWith("  advisory"))).to.have.length(10);
    expect(lines.at(-1)).to.equal("  and 2 more advisory, see policies.json");
  });
});

describe("mandatory violations on the terminal", () => {
  const last = (outcomes: Parameters<typeof guardrails>[0], colours = false) => {
    const data = report({ guardrails: guardrails(outcomes) });
    return formatViolations(data.guardrails, verdictOf(data).reasons, "test", { colours });
  };

  it("are nothing where there is none", () => {
    expect(last([outcome("service-probes", "violation", { level: "advisory" })])).to.equal("");
  });

  it("end with the verdict", () => {
    expect(last([outcome("service-image-pinned", "violation")])).to.equal(
      '✗ service-image-pinned (high)\n    search-rollout (kubernetes:argoproj.io/v1alpha1:Rollout): spec.image is "search:latest", required a digest. Fix: pin the image.\ntest may not be built: 1 violation of 1 mandatory policy.',
    );
  });

  it("are red on a terminal", () => {
    expect(last([outcome("service-image-pinned", "violation")], true)).to.contain(
      "\u001b[31m✗ service-image-pinned\u001b[0m (high)",
    );
  });

  it("cannot move the cursor or start lines of their own", () => {
    expect([...oneLine(hostile)].filter((one) => one < " ")).to.deep.equal([]);
    expect(last([outcome("service-probes", "violation", { name: hostile })]).split("\n")).to.have.length(3);
  });
});
