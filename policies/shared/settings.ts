import { type Problem, UserError } from "../../components/core/errors.ts";
import type { Rule, RuleContext, Setting } from "./rule.ts";
import { isObject } from "./value.ts";

/** The settings of a rule with its defaults filled in. Throws where one is out of the bounds that the pack publishes. */
export function settingsOf(rule: Rule, config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const settings = Object.entries(rule.settings ?? {});
  const problems = settings.flatMap(([name, setting]) => {
    const allowed = problemOf(setting, config[name]);
    return allowed === undefined ? [] : [settingProblem(rule.name, name, config[name], allowed)];
  });
  if (problems.length > 0) throw new UserError(problems);
  return Object.fromEntries(settings.map(([name, setting]) => [name, config[name] ?? setting.default]));
}

/** A whole or broken number among the settings. */
export function numberOf({ settings }: RuleContext, name: string): number {
  return Number(settings[name]);
}

export function textOf({ settings }: RuleContext, name: string): string {
  return String(settings[name]);
}

export function textsOf({ settings }: RuleContext, name: string): readonly string[] {
  return settings[name] as readonly string[];
}

function settingProblem(rule: string, name: string, value: unknown, allowed: string): Problem {
  return {
    path: `${rule} › ${name}`,
    got: JSON.stringify(value),
    allowed,
    fix: `set ${name} to ${allowed}, or leave it out for the default`,
  };
}

/** What is allowed, where the value is not; undefined where it is. */
function problemOf(setting: Setting, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  switch (setting.type) {
    case "integer":
    case "number": {
      const { minimum, maximum } = setting;
      const fits = typeof value === "number" && value >= minimum && value <= maximum;
      const whole = setting.type === "number" || Number.isInteger(value);
      const kind = setting.type === "number" ? "a number" : "a whole number";
      return fits && whole ? undefined : `${kind} from ${minimum} to ${maximum}`;
    }
    case "string":
      if (setting.enum) {
        return setting.enum.includes(value as string) ? undefined : `one of ${setting.enum.join(", ")}`;
      }
      if (typeof value === "string" && new RegExp(setting.pattern ?? "").test(value)) return undefined;
      return setting.pattern === undefined ? "a text" : `a text that matches ${setting.pattern}`;
    case "strings":
      return Array.isArray(value) && value.every((one) => typeof one === "string")
        ? undefined
        : "a list of texts";
    case "object":
      return isObject(value) ? setting.problem?.(value) : "an object";
  }
}

/** JSON schema of one setting, as the pack publishes it. */
export function settingSchema(setting: Setting): Record<string, unknown> {
  const { description } = setting;
  switch (setting.type) {
    case "integer":
    case "number": {
      const { type, minimum, maximum } = setting;
      return { type, minimum, maximum, default: setting.default, description };
    }
    case "string":
      return {
        type: "string",
        ...(setting.enum && { enum: [...setting.enum] }),
        ...(setting.pattern && { pattern: setting.pattern }),
        default: setting.default,
        description,
      };
    case "strings":
      return { type: "array", items: { type: "string" }, default: [...setting.default], description };
    case "object":
      return { ...setting.schema, type: "object", default: setting.default, description };
  }
}
