// Covers report.md: the whole text of a small report, its bound for huge ones, and names that are no Markdown.
import { expect } from "chai";
import { costChange, costFigures } from "../../../cli/report/cost-change.ts";
import { marker, mostCharacters, reportMarkdown } from "../../../cli/report/markdown.ts";
import { cost, exception, guardrails, hostile, outcome, report } from "./fixture.ts";

const head = `<!-- llm-marketplace-report:test -->

## ✅ test may be built: no mandatory policy is violated.

### Cost

| USD a month | nodes | amount | limit |
|---|---:|---:|---|
| minimum | 3 | $400.00 | budget $500.00 |
| typical | 4 | $450.00 |  |
| maximum | 9 | $900.00 | ceiling $1,000.00 |
| optimised, with commitments | 3 | $250.00 | budget $300.00 |

List prices of 2026-09-01 and later, us-east-1. 0 resources without a price.

### Guardrails

3 policies, 7 judgements: 7 passed, **0 mandatory** and 0 advisory violated, 0 undetermined, 0 excepted.

### Resources

8 resources; nothing committed to compare with.

<sub>Planned on 2026-11-23 with the simulator. The whole report, with the picture, is report.html.</sub>
`;

describe("report.md", () => {
  it("is this for a plan in order", () => {
    expect(reportMarkdown(report())).to.equal(head);
  });

  it("says first why a stack may not be built, then what changed", () => {
    const before = {
      ...costFigures(cost),
      minimumUsdPerMonth: 390,
      components: { cluster: 354.42, data: 35.58 },
    };
    const text = reportMarkdown(
      report({
        guardrails: guardrails(
          [
            outcome("service-image-pinned", "violation"),
            outcome("service-probes", "violation", { level: "advisory" }),
            outcome("service-probes", "excepted"),
          ],
          [exception],
        ),
        costChange: costChange(before, costFigures(cost), "main"),
        changes: {
          with: "main",
          changes: [
            {
              kind: "changed",
              type: "aws:rds:Instance",
              name: "db",
              path: ["data"],
              details: ["multiAz: true → none"],
            },
          ],
        },
      }),
    );
    const lines = text.split("\n");
    expect(lines[2]).to.equal("## ❌ test may not be built: 1 violation of 1 mandatory policy.");
    expect(lines).to.include("**+$10.00 a month** against main ($390.00 → $400.00).");
    expect(lines).to.include("| cluster | $354.42 | $364.42 | +$10.00 |");
    expect(lines).to.include(
      '- **service-image-pinned** (high): search-rollout (kubernetes:argoproj.io/v1alpha1:Rollout): spec.image is "search:latest", required a digest. Fix: pin the image.',
    );
    expect(lines).to.include("<details><summary>Advisory and undetermined (1)</summary>");
    expect(lines).to.include("<details><summary>Exceptions (1)</summary>");
    expect(lines).to.include(
      "- service-probes on search-&#42; until 2026-12-31: The probe comes with the next release.",
    );
    expect(lines).to.include("8 resources. Against main: 0 added, 1 changed, 0 removed.");
    expect(lines).to.include("- ~ aws:rds:Instance **db** in data: multiAz: true → none");
  });

  it("says that nothing changed where nothing did", () => {
    const figures = costFigures(cost);
    const text = reportMarkdown(
      report({ costChange: costChange(figures, figures, "main"), changes: { with: "main", changes: [] } }),
    );
    expect(text).to.contain("No change against main.");
    expect(text).to.contain("8 resources, the same as in main.");
  });

  it("stays under its bound whatever there is, and says how much it left out", () => {
    const many = Array.from({ length: 5_000 }, (_, index) => index);
    const text = reportMarkdown(
      report({
        guardrails: guardrails(
          many.flatMap((index) => [
            outcome("service-image-pinned", "violation", { name: `a-${index}-${"x".repeat(index % 300)}` }),
            outcome("service-probes", "violation", { name: `b-${index}`, level: "advisory" }),
          ]),
          many.map((index) => ({ ...exception, resource: `c-${index}` })),
        ),
        changes: {
          with: "main",
          changes: many.map((index) => ({
            kind: "added",
            type: "a:b:C",
            name: `d-${index}`,
            path: [],
            details: [],
          })),
        },
      }),
    );
    expect(text.length).to.be.lessThan(mostCharacters);
    expect(text.length).to.be.greaterThan(40_000);
    const leftOut = [...text.matchAll(/^…and ([\d,]+) more (\w+), see report.html$/gm)].map(
      ([, , what]) => what,
    );
    expect(leftOut).to.deep.equal(["violations", "findings", "exceptions", "changes"]);
    const listed = text.split("\n").filter((line) => line.startsWith("- + ")).length;
    expect(text).to.contain(`…and ${(5_000 - listed).toLocaleString("en-US")} more changes, see report.html`);
    expect(text.split("<details>").length).to.equal(text.split("</details>").length);
  });

  it("shows hostile names as text, on one line", () => {
    const text = reportMarkdown(
      report({ guardrails: guardrails([outcome("service-probes", "violation", { name: hostile })]) }),
    );
    expect(text).not.to.match(/<(script|img)/i);
    expect(text).not.to.contain("](javascript");
    expect(text).not.to.match(/@everyone|^# /m);
    expect(text.split("\n").filter((line) => line.includes("alert")).length).to.equal(1);
  });

  it("has one marker for each stack, which no stack's name can close", () => {
    expect(marker("production-gcp")).to.equal("<!-- llm-marketplace-report:production-gcp -->");
    expect(marker("x --> <b>")).to.equal("<!-- llm-marketplace-report:x------b- -->");
  });
});
