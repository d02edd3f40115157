import type { Environment } from "../../components/core/context.ts";
import { type Problem, UserError } from "../../components/core/errors.ts";
import type { PlatformConfig } from "../../config/schema/platform.ts";
import { costStackSettings } from "../cost/src/stack-settings.ts";
import { packs } from "../packs.ts";
import type { PackConfig, RuleConfig } from "./evaluate.ts";
import { matches } from "./exceptions.ts";
import type { Level, Rule } from "./rule.ts";
import { settingsOf } from "./settings.ts";

/** Warnings everywhere: what autoscaling may spend is a choice, not a mistake. */
const everywhere: readonly (readonly [rule: string, level: Level])[] = [
  ["stack-cost-maximum-ceiling", "advisory"],
];

/**
 * Levels that differ from mandatory, by rule name, * for any characters; the last that matches counts. Production and
 * staging have none: what is to be let through there is an exception with a reason and an end.
 */
const levels: Readonly<Record<Environment, readonly (readonly [rule: string, level: Level])[]>> = {
  production: [],
  staging: [],
  dev: [],
  local: [
    // Volumes are folders of the laptop; its own disk encryption is not ours to see.
    ["kubernetes-storageclass-*", "disabled"],
    // The kubeconfig that comes out is the one that went in, of a cluster on the same machine.
    ["stack-output-secret", "advisory"],
  ],
};

/** What rules are told of a stack, by the name of the setting. A rule that has such a setting gets the value. */
const stackSettings: Readonly<Record<string, (config: PlatformConfig) => unknown>> = {
  environment: ({ environment }) => environment,
  budgetUsdPerMonth: ({ cost }) => cost.budgetUsdPerMonth,
  ...costStackSettings,
};

/**
 * The configuration of every pack for a stack, by the pack's folder, in the form that the CLI takes. Pure. Throws a
 * `UserError` where the stack names a policy that no pack has.
 */
export function packConfigs(stack: string, config: PlatformConfig): Record<string, PackConfig> {
  const problems = unknownPolicies(stack, config);
  if (problems.length > 0) throw new UserError(problems);
  return Object.fromEntries(
    packs.map((pack) => {
      const entries = pack.rules.map((rule) => [rule.name, ruleConfig(rule, config)] as const);
      const differing = entries.filter(
        ([, entry]) => Object.keys(entry).length > 1 || entry.enforcementLevel !== "mandatory",
      );
      return [pack.folder, { all: "mandatory", ...Object.fromEntries(differing) }];
    }),
  );
}

function ruleConfig(rule: Rule, config: PlatformConfig): RuleConfig {
  const names = Object.keys(rule.settings ?? {}).filter((name) => name in stackSettings);
  const settings = Object.fromEntries(names.map((name) => [name, stackSettings[name]?.(config)]));
  // Throws where a stack's value is out of the rule's bounds, before the engine does.
  settingsOf(rule, settings);
  const exceptions = config.guardrails.exceptions.filter(({ policy }) => policy === rule.name);
  return {
    enforcementLevel: levelOf(rule, config),
    ...settings,
    ...(exceptions.length > 0 && { exceptions }),
  };
}

function levelOf({ name }: Rule, { environment, guardrails }: PlatformConfig): Level {
  const ofEnvironment = [...everywhere, ...levels[environment]].findLast(([pattern]) =>
    matches(pattern, name),
  )?.[1];
  return guardrails.levels[name] ?? ofEnvironment ?? "mandatory";
}

function unknownPolicies(stack: string, { guardrails }: PlatformConfig): Problem[] {
  const names = packs.flatMap((pack) => pack.rules.map(({ name }) => name));
  const problem = (path: string, policy: string): Problem => ({
    path: `Pulumi.${stack}.yaml › guardrails.${path}`,
    got: JSON.stringify(policy),
    allowed: "the name of a policy of one of the packs",
    fix: `take a name from policies/RULES.md${hint(policy, names)}`,
  });
  return [
    ...Object.keys(guardrails.levels).flatMap((name) =>
      names.includes(name) ? [] : [problem(`levels.${name}`, name)],
    ),
    ...guardrails.exceptions.flatMap(({ policy }, index) =>
      names.includes(policy) ? [] : [problem(`exceptions[${index}].policy`, policy)],
    ),
  ];
}

/** Names that share the longest beginning with a wrong one. */
function hint(wrong: string, names: readonly string[]): string {
  for (let length = wrong.length; length > 4; length--) {
    const near = names.filter((name) => name.startsWith(wrong.slice(0, length)));
    if (near.length > 0) return `, perhaps ${near.slice(0, 3).join(", ")}`;
  }
  return "";
}
