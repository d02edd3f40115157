// Every alert of every kind of stack: fires with the bad series after exactly its time, is silent with the nearly bad
// ones, and has a case at all. promtool at the chart's version evaluates the rules as they are in the plan.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { project } from "../support/plans.ts";
import { alertCases } from "./cases/index.ts";
import { runTool, tool } from "./support/processes.ts";
import { ruleTests } from "./support/promtool.ts";
import { alertsOf, type Rendered, render } from "./support/rendered.ts";

/** Stacks whose rules differ; `local`, `dev` and `staging` have those of these, with other numbers. */
const kinds = ["production", "staging", "in-cluster", "zookeeper", "dev", "local"] as const;

describe("Alerts", function () {
  this.timeout(600_000);
  let folder: string;
  const done = new Set<string>();

  before(async function () {
    this.timeout(1_800_000);
    folder = mkdtempSync(join(tmpdir(), "marketplace-promtool-"));
    await tool("promtool");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("covers every stack of the project", () => {
    expect([...kinds].sort()).to.deep.equal([...project.stacks].sort());
  });

  for (const stack of kinds) {
    it(`of ${stack} are rules that promtool accepts, each with a case, and fire and keep silent as they should`, async () => {
      const rendered = await render(stack);
      const files = writeRules(rendered);
      expect(files.missing, "alerts without a case in tests/rules/cases").to.deep.equal([]);
      if (files.rules.length === 0) return;
      const checked = await runTool(
        "promtool",
        ["check", "rules", "--lint=all", "--lint-fatal", ...files.rules],
        folder,
      );
      expect(checked.ok, checked.output).to.equal(true);
      const tested = await runTool("promtool", ["test", "rules", ...files.tests], folder);
      expect(tested.ok, tested.output).to.equal(true);
    });
  }

  it("a case that expects what does not happen fails", async () => {
    const groups = [
      {
        name: "g",
        rules: [{ alert: "A", expr: "vector(0) > 1", labels: { severity: "warning" }, annotations: {} }],
      },
    ];
    const tests = ruleTests("wrong.yaml", groups, [
      { alert: "A", severity: "warning", fires: { "it should": () => [] }, silent: {} },
    ]);
    writeFileSync(join(folder, "wrong.yaml"), stringify({ groups }));
    writeFileSync(join(folder, "wrong-tests.yaml"), stringify(tests.file));
    const run = await runTool("promtool", ["test", "rules", "wrong-tests.yaml"], folder);
    expect(run.ok).to.equal(false);
    expect(run.output).to.match(/FAILED:\s+expr: "count\(ALERTS/);
  });

  it("an alert without a case is named", () => {
    const groups = [
      { name: "g", rules: [{ alert: "New", expr: "up", labels: { severity: "critical" }, annotations: {} }] },
    ];
    expect(ruleTests("x.yaml", groups, alertCases).missing).to.deep.equal(["New (critical)"]);
  });

  it("a case for an alert that no stack has any more is named", async () => {
    const alerts = (await Promise.all(kinds.map(render))).flatMap(({ rules }) =>
      [...rules.values()].flatMap(alertsOf),
    );
    const stale = alertCases.filter(
      ({ alert, severity, only }) =>
        !alerts.some(
          (rule) => rule.alert === alert && rule.labels.severity === severity && (only?.(rule) ?? true),
        ),
    );
    expect(stale.map(({ alert, severity }) => `${alert} (${severity})`)).to.deep.equal([]);
  });

  /** Files of the stack's rules and of their tests; what an earlier stack had in the same words is left out. */
  function writeRules({ stack, rules }: Rendered) {
    const written = { missing: [] as string[], rules: [] as string[], tests: [] as string[] };
    for (const [object, groups] of rules) {
      const text = stringify({ groups });
      if (done.has(text)) continue;
      done.add(text);
      const name = `${stack}-${object}.yaml`;
      const { missing, file } = ruleTests(name, groups, alertCases);
      writeFileSync(join(folder, name), text);
      writeFileSync(join(folder, `test-${name}`), stringify(file));
      written.missing.push(...missing);
      written.rules.push(name);
      written.tests.push(`test-${name}`);
    }
    return written;
  }
});
