// Covers the comparison with what is committed: resources that came, changed and went, cost by component, where from.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readBaseline } from "../../../cli/report/baseline.ts";
import { changesBetween } from "../../../cli/report/changes.ts";
import { costChange, costFigures } from "../../../cli/report/cost-change.ts";
import { cost } from "./fixture.ts";

const text = (...lines: string[]) =>
  ["# a comment", "", "pulumi:pulumi:Stack stack", ...lines, ""].join("\n");

describe("changes between two goldens", () => {
  it("are none between the same resources in stacks of other names", () => {
    const [a, b] = [text("  a:b:C one x=1"), text("  a:b:C one x=1").replace(" stack", " other")];
    expect(changesBetween(a, b, "main")).to.deep.equal({ with: "main", changes: [] });
  });

  it("are what came, what changed with the arguments that differ, and what went", () => {
    const before = text(
      "  x:y:Component data",
      '    aws:rds:Instance db protected allocatedStorage=100 engine="postgres 15" multiAz=true',
      "    aws:s3:Bucket old",
      "    kubernetes:core/v1:Service one in data",
    );
    const after = text(
      "  x:y:Component data",
      '    aws:rds:Instance db allocatedStorage=200 engine="postgres 15" storageEncrypted=true',
      "    aws:s3:Bucket new",
      "    kubernetes:core/v1:Service one in other",
    );
    expect(changesBetween(before, after, "main").changes).to.deep.equal([
      {
        kind: "changed",
        type: "aws:rds:Instance",
        name: "db",
        path: ["data"],
        details: [
          "allocatedStorage: 100 → 200",
          "storageEncrypted: none → true",
          "no longer protected",
          "multiAz: true → none",
        ],
      },
      { kind: "added", type: "aws:s3:Bucket", name: "new", path: ["data"], details: [] },
      {
        kind: "changed",
        type: "kubernetes:core/v1:Service",
        name: "one",
        path: ["data"],
        details: ["namespace: data → other"],
      },
      { kind: "removed", type: "aws:s3:Bucket", name: "old", path: ["data"], details: [] },
    ]);
  });

  it("tell a resource that moved to another component from one that stayed", () => {
    const before = text("  x:y:Component a", "    aws:s3:Bucket one", "  x:y:Component b");
    const after = text("  x:y:Component a", "  x:y:Component b", "    aws:s3:Bucket one");
    expect(
      changesBetween(before, after, "main").changes.map(({ kind, path }) => [kind, ...path]),
    ).to.deep.equal([
      ["added", "b"],
      ["removed", "a"],
    ]);
  });
});

describe("the change of cost", () => {
  it("is the difference by component, the largest first, and leaves out what is the same to the cent", () => {
    const after = costFigures(cost);
    expect(after).to.deep.equal({
      minimumUsdPerMonth: 400,
      typicalUsdPerMonth: 450,
      maximumUsdPerMonth: 900,
      components: { cluster: 364.42, data: 35.58 },
    });
    const before = {
      ...after,
      minimumUsdPerMonth: 350,
      components: { cluster: 364.424, data: 5.58, gone: 1 },
    };
    expect(costChange(before, after, "main")).to.deep.equal({
      with: "main",
      beforeUsdPerMonth: 350,
      afterUsdPerMonth: 400,
      components: [
        { component: "data", beforeUsdPerMonth: 5.58, afterUsdPerMonth: 35.58 },
        { component: "gone", beforeUsdPerMonth: 1, afterUsdPerMonth: 0 },
      ],
    });
  });
});

describe("what a plan is compared with", () => {
  const folder = mkdtempSync(join(tmpdir(), "baseline-"));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: folder });
  const write = (content: string) => {
    mkdirSync(join(folder, "tests", "goldens"), { recursive: true });
    writeFileSync(join(folder, "tests", "goldens", "dev.txt"), content);
  };
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is nothing where nothing is committed, the file without git, the last commit, or the base of a pull request", async () => {
    expect(await readBaseline(folder, "dev", {})).to.equal(undefined);
    write("file");
    const read = async (environment: Record<string, string>) => {
      const { from, resources } = (await readBaseline(folder, "dev", environment)) ?? {};
      return [from, resources];
    };
    expect(await read({})).to.deep.equal(["the committed golden", "file"]);
    git("init", "--quiet", "--initial-branch", "main");
    write("base");
    git("add", ".");
    git("commit", "--quiet", "--message", "base");
    git("update-ref", "refs/remotes/origin/main", "HEAD");
    write("head");
    git("commit", "--quiet", "--all", "--message", "head");
    write("edited");
    expect(await read({})).to.deep.equal(["the last commit", "head"]);
    expect(await read({ GITHUB_BASE_REF: "main" })).to.deep.equal(["main", "base"]);
    expect(await read({ GITHUB_BASE_REF: "gone" })).to.deep.equal(["the last commit", "head"]);
  });
});
