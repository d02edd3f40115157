/**
 * What follows from the rules and the stack files: the configuration of every policy pack for every stack, as `pulumi
 * preview --policy-pack-config` takes it, and the list of all rules. Without arguments it renews the files, with
 * `--check` it fails where one is stale.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../components/core/errors.ts";
import { resolvedConfig, stacks } from "../config/resolve.ts";
import { packs } from "../policies/packs.ts";
import type { Pack, Rule, Setting } from "../policies/shared/rule.ts";
import { packConfigs } from "../policies/shared/stack-config.ts";

const root = resolve(import.meta.dirname, "..");
const folder = join("policies", "config");

/** Files by their path in the repository. */
export function policyFiles(): Record<string, string> {
  const configs = stacks.flatMap((stack) =>
    Object.entries(packConfigs(stack, resolvedConfig(stack))).map(([pack, config]) => [
      join(folder, stack, `${pack}.json`),
      `${JSON.stringify(config, undefined, 2)}\n`,
    ]),
  );
  return { ...Object.fromEntries(configs), [join("policies", "RULES.md")]: rulesPage() };
}

/** Every rule with its severity, the controls behind it and its settings. */
function rulesPage(): string {
  const sections = packs.map(
    (pack) =>
      `## ${pack.folder}\n\n${pack.description}\n\n| Rule | What must be true | Severity | Controls | Settings |\n| --- | --- | --- | --- | --- |\n${rows(pack)}\n`,
  );
  return `# Rules\n\nWritten by \`make goldens\` from the packs; change a rule, not this page.\n\n${sections.join("\n")}`;
}

function rows({ rules }: Pack): string {
  return rules
    .map(
      (rule) =>
        `| ${[`\`${rule.name}\``, rule.description, rule.severity, controls(rule), settings(rule)].map(cell).join(" | ")} |`,
    )
    .join("\n");
}

function controls({ frameworks }: Rule): string {
  return frameworks.map(({ name, version, control }) => `${name} ${version}: ${control}`).join("; ");
}

function settings({ settings = {} }: Rule): string {
  return Object.entries(settings)
    .map(([name, setting]) => `\`${name}\`: ${setting.description} ${range(setting)}`)
    .join("; ");
}

function range(setting: Setting): string {
  const isNumber = setting.type === "integer" || setting.type === "number";
  const bounds = isNumber ? `${setting.minimum} to ${setting.maximum}, ` : "";
  const standard = setting.type === "object" ? "" : `default ${JSON.stringify(setting.default)}`;
  return bounds + standard === "" ? "" : `(${bounds}${standard})`;
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** Paths whose content on disk is not what it should be, those that should not be there included. */
export function stalePolicyFiles(files = policyFiles()): string[] {
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
  const files = policyFiles();
  for (const name of stalePolicyFiles(files)) {
    const content = files[name];
    if (content === undefined) rmSync(join(root, name));
    else {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
    }
    console.log(`renewed ${name}`);
  }
}

function main(): void {
  if (!process.argv.includes("--check")) {
    renew();
    return;
  }
  const stale = stalePolicyFiles();
  for (const name of stale) console.error(`${name}: stale; run \`make goldens\` and commit the result`);
  if (stale.length > 0) process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) {
  try {
    main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
