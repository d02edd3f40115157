/** Renews every generated file, or with `--check` fails where one is stale. A new generator is one entry below. */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

interface Generator {
  readonly title: string;
  readonly renew: readonly string[];
  /** How to prove that the files are fresh; undefined where a test of its own does. */
  readonly check: readonly string[] | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

const generators: readonly Generator[] = [
  {
    title: "schema and resolved configuration",
    renew: ["cli/main.ts", "config", "generate"],
    check: ["cli/main.ts", "config", "generate", "--check"],
  },
  {
    title: "reference of the components",
    renew: ["tools/reference.ts"],
    check: ["tools/reference.ts", "--check"],
  },
  {
    title: "configuration and rules of the policy packs",
    renew: ["tools/policy-config.ts"],
    check: ["tools/policy-config.ts", "--check"],
  },
  {
    title: "dashboards and records for locally run services",
    renew: ["tools/dev-dashboards.ts"],
    check: ["tools/dev-dashboards.ts", "--check"],
  },
  {
    title: "compose.yaml",
    renew: ["services/dev/compose/compose.ts"],
    check: ["services/dev/compose/compose.ts", "--check"],
  },
  {
    title: "goldens of the stacks",
    renew: [
      join("node_modules", "mocha", "bin", "mocha.js"),
      "tests/plan/goldens.test.ts",
      "tests/plan/report.test.ts",
    ],
    check: undefined,
    environment: { RENEW_GOLDENS: "1" },
  },
];

const check = process.argv.includes("--check");
for (const generator of generators) {
  const args = check ? generator.check : generator.renew;
  if (args === undefined) continue;
  if (!check) console.log(`renewing ${generator.title}`);
  const run = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...generator.environment },
  });
  if (run.status === 0) continue;
  process.exitCode = 1;
  // The next ones build on this one: what it left stale they would only repeat.
  if (!check) {
    console.error(`stopped: ${generator.title} could not be renewed; nothing after it was touched`);
    break;
  }
}
