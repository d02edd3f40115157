// Covers what a plan loads: the SDK of its own cloud and of no other, whose import alone would cost more than the plan.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stackConfig } from "../../cli/project.ts";
import { root } from "../support/cli.ts";
import { project } from "../support/plans.ts";

/** SDKs of each cloud that is implemented. */
const sdks: Readonly<Record<string, readonly string[]>> = {
  aws: ["@pulumi/aws", "@pulumi/eks", "@pulumi/kubernetes"],
  local: ["@pulumi/kubernetes"],
};
const all = ["@pulumi/aws", "@pulumi/azure-native", "@pulumi/eks", "@pulumi/gcp", "@pulumi/kubernetes"];

function loadedPackages(stack: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "marketplace-modules-"));
  try {
    const list = join(folder, "packages.json");
    const run = spawnSync(
      process.execPath,
      [
        "--import",
        join(root, "tests", "support", "list-modules.ts"),
        join(root, "cli", "main.ts"),
        "plan",
        stack,
        "--quiet",
        "--out",
        folder,
      ],
      { cwd: root, encoding: "utf8", env: { ...process.env, LOADED_PACKAGES: list } },
    );
    expect(run.status, run.stderr).to.equal(0);
    return JSON.parse(readFileSync(list, "utf8")) as string[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("a plan loads the SDKs of its own cloud and of no other", () => {
  // One stack per cloud tells all: which modules are loaded depends on nothing else.
  for (const cloud of Object.keys(sdks)) {
    it(`on ${cloud}`, () => {
      const stack = project.stacks.find(
        (name) => stackConfig(project, name)[`${project.name}:cloud`] === cloud,
      );
      expect(stack, `a stack on ${cloud}`).to.be.a("string");
      const loaded = loadedPackages(String(stack));
      expect(loaded.filter((name) => all.includes(name))).to.deep.equal(sdks[cloud]);
      expect(loaded).not.to.include("@pulumi/azure-native/.");
    });
  }
});
