import type { RuleContext, Setting } from "../../shared/rule.ts";
import { textOf, textsOf } from "../../shared/settings.ts";

export const environments = ["local", "dev", "staging", "production"] as const;
export type Environment = (typeof environments)[number];
/** A whole number for every environment. */
export type Table = Readonly<Record<Environment, number>>;

/** What of the environments decides: the strictest unless the stack says otherwise. */
export const environmentSetting: Setting = {
  type: "string",
  enum: environments,
  default: "production",
  description: "Environment of the stack.",
};

/** Where stores must fail over and be kept: where people rely on them, or rehearse it. */
export const heldEnvironments = ["staging", "production"] as const;

/** Settings of a rule that holds in some environments only. */
export function onlyIn(held: readonly Environment[]): Readonly<Record<string, Setting>> {
  return {
    environment: environmentSetting,
    environments: {
      type: "strings",
      default: held,
      description: "Environments in which the rule holds.",
    },
  };
}

/** Whether a rule with the settings of `onlyIn` holds in the stack's environment. */
export function isHeld(context: RuleContext): boolean {
  return textsOf(context, "environments").includes(textOf(context, "environment"));
}

interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
  readonly description: string;
}

/** Settings of a rule whose limit differs between environments: the table under `name`, and the environment. */
export function perEnvironment(
  name: string,
  defaults: Table,
  { minimum, maximum, description }: Bounds,
): Readonly<Record<string, Setting>> {
  const row = { type: "integer", minimum, maximum };
  const allowed = `a whole number from ${minimum} to ${maximum} for each of ${environments.join(", ")}`;
  return {
    environment: environmentSetting,
    [name]: {
      type: "object",
      schema: {
        properties: Object.fromEntries(environments.map((environment) => [environment, row])),
        required: environments,
        additionalProperties: false,
      },
      problem: (table) => {
        const rows = Object.entries(table);
        const isWhole = (value: unknown) =>
          Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
        const isComplete = environments.every((environment) => isWhole(table[environment]));
        return isComplete && rows.length === environments.length ? undefined : allowed;
      },
      default: defaults,
      description,
    },
  };
}

/** The limit of the stack's environment in a table of `perEnvironment`. */
export function limitOf(context: RuleContext, name: string): number {
  const table = context.settings[name] as Table;
  return table[textOf(context, "environment") as Environment];
}
