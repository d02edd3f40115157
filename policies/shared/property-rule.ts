import type { GuardedResource, ResourceRule, Rule, RuleContext } from "./rule.ts";
import { expectProperty, type Wording } from "./value.ts";

/** A rule of the commonest form: one property of one kind of resource must satisfy a condition. */
export interface PropertyRule extends Omit<ResourceRule, "kind" | "check" | "types"> {
  readonly types: string | readonly string[];
  readonly property: string;
  readonly holds: (value: unknown, context: RuleContext) => boolean;
  readonly required: string | ((context: RuleContext) => string);
  readonly fix: string | ((context: RuleContext) => string);
  /** Resources to which the rule applies; all, unless given. */
  readonly applies?: (resource: GuardedResource, context: RuleContext) => boolean;
}

/** Absent is a violation; unknown is undetermined. */
export function propertyRule(spec: PropertyRule): Rule {
  const { types, property, holds, required, fix, applies = () => true, ...metadata } = spec;
  return {
    ...metadata,
    kind: "resource",
    types: typeof types === "string" ? [types] : types,
    check: (resource, context) => {
      if (!applies(resource, context)) return [];
      const wording: Wording = { required: worded(required, context), fix: worded(fix, context) };
      return expectProperty(resource, property, (value) => holds(value, context), wording);
    },
  };
}

function worded(text: string | ((context: RuleContext) => string), context: RuleContext): string {
  return typeof text === "string" ? text : text(context);
}
