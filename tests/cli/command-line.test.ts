// Covers the command line around the verbs: help, version, usage errors, completion, colours and progress.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect } from "chai";
import { assess } from "../../cli/assess.ts";
import { worst } from "../../cli/exit-codes.ts";
import { formatTree } from "../../cli/plan/tree.ts";
import { coloursAllowed, Progress } from "../../cli/terminal.ts";
import { fixture, marketplace } from "../support/cli.ts";

describe("marketplace", () => {
  it("prints its version", async () => {
    expect(await marketplace(["--version"])).to.deep.equal({ code: 0, stdout: "0.1.0\n", stderr: "" });
  });

  it("shows examples and exit codes in the help of plan", async () => {
    const { code, stdout } = await marketplace(["plan", "--help"]);
    expect(code).to.equal(0);
    expect(stdout).to.contain("marketplace plan all --quiet");
    expect(stdout).to.contain("2  a mandatory guardrail is violated");
  });

  it("ends with 1 on an option or a verb that it does not know", async () => {
    const option = await marketplace(["plan", "--nope"]);
    expect(option.stderr.split("\n")[0]).to.equal("error: unknown option '--nope'");
    expect(option.code).to.equal(1);
    const verb = await marketplace(["destroy-everything"]);
    expect(verb.stderr.split("\n")[0]).to.equal("error: unknown command 'destroy-everything'");
    expect(verb.code).to.equal(1);
  });

  const completions: readonly [words: readonly string[], found: readonly string[]][] = [
    [["p"], ["plan", "preview"]],
    [
      ["plan", ""],
      ["dev", "production", "all"],
    ],
    [["up", "pro"], ["production"]],
    [["plan", "dev", "--q"], ["--quiet"]],
    [
      ["config", ""],
      ["schema", "resolve", "generate"],
    ],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["plan", "dev", ""], []],
  ];
  for (const [words, found] of completions) {
    it(`completes "${words.join(" ")}" to ${found.join(", ") || "nothing"}`, async () => {
      const { stdout } = await marketplace(["--project", fixture("small"), "complete", "--", ...words]);
      expect(stdout.split("\n").filter((word) => word !== "")).to.deep.equal(found);
    });
  }

  it("completes in bash, by the path by which it was called", () => {
    const script = `source <(bin/marketplace completion bash)
COMP_WORDS=(bin/marketplace plan prod) COMP_CWORD=2
_marketplace
echo "\${COMPREPLY[@]}"`;
    const run = spawnSync("bash", ["-c", script], {
      cwd: resolve(import.meta.dirname, "../.."),
      encoding: "utf8",
    });
    expect(run.stdout.trim()).to.equal("production");
  });

  it("prints a completion script for each shell and refuses others", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const { code, stdout } = await marketplace(["completion", shell]);
      expect(code).to.equal(0);
      expect(stdout).to.contain(" complete -- ");
    }
    const { code, stderr } = await marketplace(["completion", "csh"]);
    expect(code).to.equal(1);
    expect(stderr).to.equal(
      'error: marketplace completion: got "csh"\n  allowed: bash, zsh, fish\n  fix: name one of these shells\n',
    );
  });
});

describe("exit codes", () => {
  it("put a fault of ours before a problem of the input before a guardrail", () => {
    expect(worst([0, 2, 1, 3])).to.equal(3);
    expect(worst([0, 2, 1])).to.equal(1);
    expect(worst([0, 2])).to.equal(2);
    expect(worst([0, 0])).to.equal(0);
    expect(worst([0, 137])).to.equal(3);
  });
});

describe("assess", () => {
  const plan = { project: "p", stack: "s", cloud: "local", environment: "local", resources: [], outputs: {} };

  it("joins what the assessors say and counts mandatory violations", async () => {
    const result = await assess(plan, [
      () => ({
        text: "cost",
        last: "over",
        files: [{ name: "cost.json", content: "{}" }],
        mandatoryViolations: 1,
      }),
      async () => ({ text: "", last: "", files: [], mandatoryViolations: 0 }),
      async () => ({ text: "guardrails", last: "broken", files: [], mandatoryViolations: 2 }),
    ]);
    expect(result).to.deep.equal({
      text: "cost\n\nguardrails",
      last: "over\nbroken",
      files: [{ name: "cost.json", content: "{}" }],
      mandatoryViolations: 3,
    });
  });
});

describe("the terminal", () => {
  it("has colours only on a terminal without NO_COLOR", () => {
    expect(coloursAllowed({ isTTY: true }, {})).to.equal(true);
    expect(coloursAllowed({ isTTY: true }, { NO_COLOR: "1" })).to.equal(false);
    expect(coloursAllowed({ isTTY: true }, { TERM: "dumb" })).to.equal(false);
    expect(coloursAllowed({ isTTY: false }, {})).to.equal(false);
    const plan = {
      project: "p",
      stack: "s",
      cloud: "local",
      environment: "local",
      resources: [],
      outputs: {},
    };
    expect(formatTree(plan, { colours: true })).to.contain("\u001b[1mResources:\u001b[0m");
    expect(formatTree(plan, { colours: false })).not.to.contain("\u001b");
  });

  it("shows progress only on a terminal, and never in CI", () => {
    const shown = (isTTY: boolean, environment: NodeJS.ProcessEnv) => {
      let text = "";
      const write = (part: string | Uint8Array) => {
        text += String(part);
        return true;
      };
      const progress = new Progress(
        { isTTY, write } as ConstructorParameters<typeof Progress>[0],
        environment,
      );
      progress.show("planning dev: 3 resources");
      progress.end();
      return text;
    };
    expect(shown(true, {})).to.equal("\r\u001b[Kplanning dev: 3 resources\r\u001b[K");
    expect(shown(true, { CI: "1" })).to.equal("");
    expect(shown(false, {})).to.equal("");
  });
});
