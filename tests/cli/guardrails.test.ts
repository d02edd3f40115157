// Covers the end of `marketplace plan` over a budget: exit code 2, the violation on the last lines, files all the same.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect } from "chai";
import { marketplace, root } from "../support/cli.ts";

describe("marketplace plan over its budget", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "over-budget-"));
  const out = join(folder, "out");
  const plan = (...args: string[]) =>
    marketplace(["--project", folder, "plan", "dev", "--out", out, ...args]);

  before(() => {
    const main = relative(folder, join(root, "index.ts"));
    writeFileSync(join(folder, "Pulumi.yaml"), `name: llm-marketplace\nruntime: nodejs\nmain: ${main}\n`);
    const dev = readFileSync(join(root, "Pulumi.dev.yaml"), "utf8");
    writeFileSync(
      join(folder, "Pulumi.dev.yaml"),
      `${dev}\n  llm-marketplace:cost:\n    budgetUsdPerMonth: 100\n    commitments: []\n`,
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("ends with 2, and says why on the last lines, after where the report is", async () => {
    const { code, stdout } = await plan("--quiet");
    expect(code).to.equal(2);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).to.match(/^dev: \d+ resources, written to .*report\.html$/);
    expect(lines[1]).to.equal("✗ stack-cost-minimum-budget (high)");
    expect(lines.at(-1)).to.equal("dev may not be built: 1 violation of 1 mandatory policy.");
    expect(readdirSync(join(out, "dev")).sort()).to.deep.equal([
      "architecture.svg",
      "cost.json",
      "manifests",
      "plan.json",
      "policies.json",
      "policies.sarif",
      "report.html",
      "report.md",
    ]);
    expect(readFileSync(join(out, "dev", "report.md"), "utf8").split("\n")[2]).to.equal(
      "## ❌ dev may not be built: 1 violation of 1 mandatory policy.",
    );
  });

  it("keeps standard output for the JSON, and says why on the other stream", async () => {
    const { code, stdout, stderr } = await plan("--json");
    expect(code).to.equal(2);
    expect(JSON.parse(stdout).stack).to.equal("dev");
    expect(stderr.trimEnd().split("\n").at(-1)).to.equal(
      "dev may not be built: 1 violation of 1 mandatory policy.",
    );
  });
});
