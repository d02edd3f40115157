/**
 * The configuration of every policy pack for every stack, from the stack files: what `pulumi preview
 * --policy-pack-config` takes. Without arguments it renews the files, with `--check` it fails where one is stale.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { resolvedConfig, stacks } from "../config/resolve.ts";
import { packConfigs } from "../policies/shared/stack-config.ts";

const root = resolve(import.meta.dirname, "..");
const folder = join("policies", "config");

/** Files by their path in the repository. */
export function policyConfigFiles(): Record<string, string> {
  return Object.fromEntries(
    stacks.flatMap((stack) =>
      Object.entries(packConfigs(stack, resolvedConfig(stack))).map(([pack, config]) => [
        join(folder, stack, `${pack}.json`),
        `${JSON.stringify(config, undefined, 2)}\n`,
      ]),
    ),
  );
}

/** Paths whose content on disk is not what it should be, those that should not be there included. */
export function stalePolicyConfig(files = policyConfigFiles()): string[] {
  const path = join(root, folder);
  const there = existsSync(path) ? readdirSync(path, { recursive: true, encoding: "utf8" }) : [];
  const left = there.filter((name) => name.endsWith(".json")).map((name) => join(folder, name));
  const differing = Object.entries(files).filter(([name, content]) => {
    const file = join(root, name);
    return !existsSync(file) || readFileSync(file, "utf8") !== content;
  });
  return [...differing.map(([name]) => name), ...left.filter((name) => files[name] === undefined)].sort();
}

function renew(): void {
  const files = policyConfigFiles();
  for (const name of stalePolicyConfig(files)) {
    const content = files[name];
    if (content === undefined) rmSync(join(root, name));
    else {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
    }
    console.log(`renewed ${name}`);
  }
}

if (process.argv[1] === import.meta.filename) {
  if (!process.argv.includes("--check")) renew();
  else {
    const stale = stalePolicyConfig();
    for (const name of stale) console.error(`${name}: stale; run \`make goldens\` and commit the result`);
    if (stale.length > 0) process.exitCode = 1;
  }
}
