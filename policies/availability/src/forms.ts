import { propertyRule } from "../../shared/property-rule.ts";
import type {
  FrameworkReference,
  GuardedResource,
  Rule,
  RuleContext,
  Setting,
  Severity,
} from "../../shared/rule.ts";
import type { Environment, Table } from "./environments.ts";
import { isHeld, limitOf, onlyIn, perEnvironment } from "./environments.ts";

/** What the rules of the tables have in common: one property of one kind of resource. */
export interface Form {
  readonly name: string;
  readonly types: string | readonly string[];
  readonly property: string;
  /** What is judged, with an article: `an RDS instance`. */
  readonly subject: string;
  /** Continues the subject: `must fail over to another zone, because …`. */
  readonly must: string;
  readonly frameworks: readonly FrameworkReference[];
  readonly severity?: Severity;
  readonly applies?: (resource: GuardedResource) => boolean;
  /** What the change does to an existing one. In place, unless told. */
  readonly effect?: string;
}

/** A property that must have one of a few values, in some environments or in all. */
export function valueRule(
  form: Form & {
    readonly allowed: readonly (string | number | boolean)[];
    readonly held?: readonly Environment[];
  },
): Rule {
  const { allowed, held, applies = () => true } = form;
  const wanted = allowed.map((value) => JSON.stringify(value)).join(" or ");
  return propertyRule({
    ...metadata(form, `Set ${form.property} to ${wanted}.`),
    ...(held && { settings: onlyIn(held) }),
    applies: (resource, context) => (held === undefined || isHeld(context)) && applies(resource),
    holds: (value) => allowed.some((one) => one === value),
    required: wanted,
    fix: `set ${form.property} to ${wanted}`,
  });
}

/** A number that must reach the limit of the stack's environment; a limit of 0 is none. */
export function atLeastRule(
  form: Form & {
    /** Name of the setting that holds the table. */
    readonly setting: string;
    readonly table: Table;
    readonly bounds: { readonly minimum: number; readonly maximum: number; readonly description: string };
    /** ` days`, ` members`; nothing where the property says it. */
    readonly unit?: string;
    /** Reads the number where the property is no plain one. */
    readonly number?: (value: unknown) => number | undefined;
    /** How the fix writes a limit: `30d` for 30. */
    readonly written?: (limit: number) => string;
  },
): Rule {
  const { setting, table, bounds, unit = "", applies = () => true } = form;
  const { number = plainNumber, written = String } = form;
  const limit = (context: RuleContext) => limitOf(context, setting);
  return propertyRule({
    ...metadata(
      form,
      `Set ${form.property} to what the setting ${setting} asks for in the stack's environment, or more.`,
    ),
    settings: perEnvironment(setting, table, bounds),
    applies: (resource, context) => limit(context) > 0 && applies(resource),
    holds: (value, context) => (number(value) ?? -1) >= limit(context),
    required: (context) => `at least ${limit(context)}${unit}`,
    fix: (context) => `set ${form.property} to ${written(limit(context))} or more`,
  });
}

export function plainNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** Days of a duration of hours, minutes and seconds (`720h0m0s`, `2592000s`). */
export function durationDays(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  const duration = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value);
  if (value === "" || !duration) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = duration.slice(1).map((part) => Number(part ?? 0));
  return (hours * 3600 + minutes * 60 + seconds) / 86_400;
}

/** Days of a retention policy of CloudNativePG: a whole number of days, weeks or months. */
export function policyDays(value: unknown): number | undefined {
  const [, count, unit] = (typeof value === "string" ? /^([1-9]\d*)([dwm])$/.exec(value) : null) ?? [];
  if (count === undefined) return undefined;
  return Number(count) * (unit === "d" ? 1 : unit === "w" ? 7 : 30);
}

/** Days that backups are kept: the summary's 7, 14 and 30, and a day on a laptop. */
export const retention = {
  setting: "retentionDays",
  table: { local: 1, dev: 7, staging: 14, production: 30 },
  bounds: {
    minimum: 0,
    maximum: 365,
    description: "Days that backups are kept, by environment; 0 for none.",
  },
} as const;

/** Members of a store: enough for a majority when one is lost, where people rely on it or rehearse that. */
export const members = {
  setting: "members",
  table: { local: 1, dev: 1, staging: 3, production: 3 },
  bounds: { minimum: 0, maximum: 99, description: "Members of a store, by environment; 0 for any." },
} as const;

interface Metadata {
  readonly name: string;
  readonly types: string | readonly string[];
  readonly property: string;
  readonly severity: Severity;
  readonly frameworks: readonly FrameworkReference[];
  readonly description: string;
  readonly remediation: string;
}

function metadata(form: Form, step: string): Metadata {
  const { name, types, property, subject, must, frameworks, severity = "high" } = form;
  return {
    name,
    types,
    property,
    severity,
    frameworks,
    description: `${capital(subject)} ${must}.`,
    remediation: `${step} ${form.effect ?? "The change is made in place."}`,
  };
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Settings of a rule that counts zones. */
export const zoneSettings: Readonly<Record<string, Setting>> = {
  zones: {
    type: "integer",
    minimum: 1,
    maximum: 6,
    default: 3,
    description: "Zones over which the platform is spread: three keep a majority when one is lost.",
  },
};
