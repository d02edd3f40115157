import { z } from "zod";

/** What is wrong with one variable. `got` never holds a secret's value. */
export interface ConfigProblem {
  readonly name: string;
  readonly got: string;
  readonly allowed: string;
}

/** Every problem of the environment at once. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ name, got, allowed }) => `${name}: got ${got}; allowed: ${allowed}`).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const secrets = /PASSWORD|SECRET|TOKEN/;
const shown = (name: string, value: string | undefined): string => {
  if (value === undefined) return "nothing";
  return secrets.test(name) ? "a value (hidden)" : JSON.stringify(value);
};

export type Variables = Readonly<Record<string, string | undefined>>;

/** Parses one section after another and gathers what each of them refuses. */
export class Sections {
  readonly problems: ConfigProblem[] = [];
  readonly #variables: Variables;

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /** The parsed section; undefined where it has problems, which `finish` then throws. */
  parse<Schema extends z.ZodType>(schema: Schema): z.infer<Schema> | undefined {
    const result = schema.safeParse(this.#variables);
    if (result.success) return result.data;
    for (const { path, message } of result.error.issues) {
      const name = String(path[0] ?? "environment");
      this.problems.push({ name, got: shown(name, this.#variables[name]), allowed: message });
    }
    return undefined;
  }

  refuse(name: string, allowed: string): void {
    this.problems.push({ name, got: shown(name, this.#variables[name]), allowed });
  }

  finish(): void {
    if (this.problems.length > 0) throw new ConfigError(this.problems);
  }
}

export function text(allowed: string, pattern: RegExp = /^[^\0]{1,500}$/) {
  return z.string({ error: allowed }).regex(pattern, allowed);
}

export function integer(allowed: string, minimum: number, maximum: number) {
  return text(allowed, /^\d{1,9}$/)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, allowed);
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: values.join(", ") });
}

export const flag = z
  .enum(["true", "false"], { error: "true or false" })
  .transform((value) => value === "true");

/** An absolute URL; without `plain` only https. */
export function url(plain: boolean) {
  const allowed = plain ? "an http or https URL" : "an https URL";
  return text(allowed).refine((value) => {
    const parsed = URL.parse(value);
    return parsed !== null && (parsed.protocol === "https:" || (plain && parsed.protocol === "http:"));
  }, allowed);
}

const placeholders = /change-?me|password|passw0rd|secret|example|placeholder|postgres/i;

/** A password: anything on a developer's machine, elsewhere at least 12 characters and no placeholder. */
export function password(strict: boolean) {
  const allowed = "at least 12 characters, not empty and not a placeholder such as changeme";
  if (!strict) return z.string({ error: "a password" });
  return z
    .string({ error: allowed })
    .refine((value) => value.length >= 12 && !placeholders.test(value), allowed);
}
