// `marketplace cost` as a user runs it: table, JSON, comparisons with a stack and with a commit, and its errors.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { CostDocument } from "../../../cli/cost/document.ts";
import { marketplace, root } from "../../support/cli.ts";

describe("marketplace cost", () => {
  it("prints lines by component, totals, both spot ratios and what is not priced, without colours in a pipe", async () => {
    const { code, stdout, stderr } = await marketplace(["cost", "dev"]);
    expect(stderr).to.equal("");
    expect(code).to.equal(0);
    expect(stdout).to.match(
      /^component and item +quantity unit +price +minimum +typical +maximum\ncluster +[\d,.]+/,
    );
    expect(stdout).to.match(/ {2}2 × t3a\.xlarge spot \(0\.40 of on demand\) +1,460 hour/);
    expect(stdout).to.match(/ {2}minimum +[\d.]+ {2}3 nodes, of 400\.00 budget, [\d.]+ left/);
    expect(stdout).to.match(
      / {2}0\.40 {2}minimum [\d.]+, typical [\d.]+, maximum [\d.]+\n {2}0\.50 {2}minimum/,
    );
    expect(stdout).to.contain(" 0 unpriced, ");
    expect(stdout).not.to.contain("\u001b[");
  });

  it("prints cost.json, whose lines add up", async () => {
    const { stdout } = await marketplace(["cost", "dev", "--json"]);
    const cost = JSON.parse(stdout) as CostDocument;
    const sum = cost.lines.reduce((total, line) => total + line.usdPerMonth, 0);
    expect(sum).to.be.closeTo(cost.minimumUsdPerMonth, 0.001);
    expect(cost.comparison).to.equal(undefined);
  });

  it("shows the difference from another stack line by line", async () => {
    const { code, stdout } = await marketplace(["cost", "staging", "--compare", "dev"]);
    expect(code).to.equal(0);
    expect(stdout).to.match(
      /^staging compared with the stack dev, USD a month at the minimum: [\d.]+ → [\d.]+, \+[\d.]+\n/,
    );
    expect(stdout).to.match(/^\+ +\+99\.86 {2}messaging: 3 × kafka\.t3\.small brokers$/m);
    expect(stdout).to.match(/^~ .*cluster: 2 × t3a\.xlarge spot .* → 5 × t3\.xlarge spot/m);
    expect(stdout).to.match(/^− /m);
  });

  it("refuses an unknown stack, and a comparison with neither a stack nor a ref", async () => {
    const unknown = await marketplace(["cost", "stagin"]);
    expect(unknown.code).to.equal(1);
    expect(unknown.stderr).to.contain('error: stack: got "stagin"\n  allowed: dev, in-cluster, local');
    const ref = await marketplace(["cost", "dev", "--compare", "no-such-ref"]);
    expect(ref.code).to.equal(1);
    expect(ref.stderr).to.equal(
      'error: --compare: got "no-such-ref"\n  allowed: a stack (dev, in-cluster, local, production, staging, zookeeper) or a git ref of this repository\n  fix: name one of the stacks, or a branch, tag or commit that `git rev-parse` knows\n',
    );
  });

  it("refuses a ref that would be an option of git", async () => {
    const { code, stderr } = await marketplace(["cost", "dev", "--compare=--help"]);
    expect(code).to.equal(1);
    expect(stderr).to.contain('--compare: got "--help"');
  });
});

describe("marketplace cost --compare with a commit", () => {
  let copy = "";
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      cwd: copy,
      encoding: "utf8",
    });

  before(() => {
    copy = mkdtempSync(join(tmpdir(), "marketplace-repository-"));
    // What git knows or would take up, not what was built or installed beside it.
    const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const files = execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\0");
    for (const file of files.filter((name) => name !== "" && !/^(tests|docs)\//.test(name))) {
      if (existsSync(join(root, file))) cpSync(join(root, file), join(copy, file));
    }
    git("init", "--quiet", "--initial-branch=main");
    git("add", "--all");
    git("commit", "--quiet", "--message", "before");
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    const file = join(copy, "Pulumi.dev.yaml");
    const changed = `${readFileSync(file, "utf8")}  llm-marketplace:network:\n    nat: per-zone\n`;
    writeFileSync(file, changed);
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  it("plans that commit and shows what the working tree changes, and leaves no worktree behind", async () => {
    const { code, stdout, stderr } = await marketplace([
      "--project",
      copy,
      "cost",
      "dev",
      "--compare",
      "main",
    ]);
    expect(stderr).to.equal("");
    // Two more gateways are over dev's budget.
    expect(code).to.equal(2);
    const commit = git("rev-parse", "main").trim().slice(0, 12);
    expect(stdout).to.match(
      new RegExp(`^dev compared with main \\(${commit}\\), USD a month at the minimum: `),
    );
    const lines = stdout.trim().split("\n").slice(1);
    expect(lines.filter((line) => /^\+ +\+32\.85 {2}network: NAT gateway$/.test(line))).to.have.length(2);
    expect(lines.every((line) => line.includes("network: "))).to.equal(true);
    expect(git("worktree", "list").trim().split("\n")).to.have.length(1);
  });

  it("says so where the commit has no such stack", async () => {
    writeFileSync(join(copy, "Pulumi.fresh.yaml"), readFileSync(join(copy, "Pulumi.dev.yaml")));
    const { code, stderr } = await marketplace(["--project", copy, "cost", "fresh", "--compare", "HEAD"]);
    rmSync(join(copy, "Pulumi.fresh.yaml"));
    expect(code).to.equal(1);
    expect(stderr).to.match(/--compare: got [0-9a-f]{40}, which has no stack fresh/);
    expect(git("worktree", "list").trim().split("\n")).to.have.length(1);
  });
});
