import { nist } from "../../shared/frameworks.ts";
import { propertyRule } from "../../shared/property-rule.ts";
import type { FrameworkReference, GuardedResource, Rule, Severity } from "../../shared/rule.ts";

/** What the rules of the tables have in common: one property of one kind of resource. */
interface Form {
  readonly name: string;
  readonly types: string | readonly string[];
  readonly property: string;
  /** What is judged, with an article: `a PostgreSQL instance`. */
  readonly subject: string;
  readonly frameworks?: readonly FrameworkReference[];
  readonly severity?: Severity;
  readonly applies?: (resource: GuardedResource) => boolean;
  /** Whether an existing resource is replaced by the fix; then data must be moved. */
  readonly replaces?: boolean;
}

/** A key of the customer's own: present, and not one that AWS keeps for a service. */
export function isCustomerKey(value: unknown): boolean {
  return (
    typeof value === "string" &&
    value !== "" &&
    !/(^|:)alias\/aws\//.test(value) &&
    !/^aws\/[a-z]+$/.test(value)
  );
}

/** Encrypted with a key whose use the owner can end. `key` says how that key is named in the property. */
export function customerKeyRule(form: Form & { readonly key?: string }): Rule {
  const { key = "the ARN of a customer key", frameworks = [], severity = "high" } = form;
  return propertyRule({
    ...base(form),
    severity,
    frameworks: [...frameworks, nist("SC-28(1)")],
    description: `${capital(form.subject)} must be encrypted with a customer key, so that the key's owner decides who can read the data and can end that.`,
    remediation: remedy(form, `Set ${form.property} to ${key}.`),
    holds: isCustomerKey,
    required: "a customer key",
    fix: `set ${form.property} to ${key}`,
  });
}

/** Encrypted at all, whatever the key. */
export function encryptedRule(form: Form): Rule {
  return valueRule({
    ...form,
    severity: form.severity ?? "high",
    frameworks: [...(form.frameworks ?? []), nist("SC-28(1)")],
    must: "must be encrypted at rest, so that a lost disk or a leaked snapshot tells nothing",
    allowed: [true],
  });
}

/** A property that must have one of a few values. */
export function valueRule(
  form: Form & {
    /** Continues the subject: `must not be reachable from the internet, because …`. */
    readonly must: string;
    readonly allowed: readonly (string | boolean)[];
    /** The cloud takes the value in any case. */
    readonly ignoreCase?: boolean;
    readonly remediate?: (resource: GuardedResource) => Record<string, unknown> | undefined;
  },
): Rule {
  const { allowed, frameworks = [], severity = "high", ignoreCase = false, remediate } = form;
  const same = (a: unknown, b: unknown) =>
    a === b || (ignoreCase && String(a).toLowerCase() === String(b).toLowerCase());
  const wanted = allowed.map((value) => JSON.stringify(value)).join(" or ");
  return propertyRule({
    ...base(form),
    severity,
    frameworks,
    description: `${capital(form.subject)} ${form.must}.`,
    remediation: remedy(form, `Set ${form.property} to ${wanted}.`),
    holds: (value) => allowed.some((one) => same(one, value)),
    required: wanted,
    fix: `set ${form.property} to ${wanted}`,
    ...(remediate && { remediate }),
  });
}

function base({ name, types, property, applies }: Form) {
  return { name, types, property, ...(applies && { applies }) };
}

function remedy({ subject, replaces }: Form, step: string): string {
  return replaces
    ? `${step} An existing one is replaced by that: make a new one beside it, copy the data or restore a snapshot into it, switch over, then remove ${subject.replace(/^an? /, "the old ")}.`
    : `${step} The change is made in place.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
