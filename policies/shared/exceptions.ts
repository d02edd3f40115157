import type { Exception, GuardedResource } from "./rule.ts";
import { read } from "./value.ts";

/** Tag or annotation that declares an exception on the resource itself; the value is `YYYY-MM-DD reason`. */
export const exceptionKey = (policy: string) => `llm-marketplace.io/exception.${policy}`;

/** Where a resource may carry the key: AWS and Azure tags, GCP labels' place is taken by annotations, Kubernetes. */
const places = ["tags", "metadata.annotations", "annotations"];

/** The exception of the stack's configuration or of the resource itself, if there is one. */
export function findException(
  policy: string,
  resource: GuardedResource,
  configured: readonly Exception[],
): Exception | undefined {
  return (
    configured.find((one) => one.policy === policy && matches(one.resource, resource.name)) ??
    declaredOn(policy, resource)
  );
}

function declaredOn(policy: string, resource: GuardedResource): Exception | undefined {
  for (const place of places) {
    const found = read(resource.props, place);
    if (found.state !== "value") continue;
    const text = (found.value as Record<string, unknown>)[exceptionKey(policy)];
    const parts = typeof text === "string" ? /^(\d{4}-\d{2}-\d{2})\s+(\S.*)$/.exec(text) : null;
    if (parts) return { policy, resource: resource.name, expires: parts[1] ?? "", reason: parts[2] ?? "" };
  }
  return undefined;
}

/** `*` stands for any run of characters; everything else for itself. */
export function matches(pattern: string, name: string): boolean {
  const expression = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${expression.join(".*")}$`).test(name);
}

/** The day named is the last on which the exception holds. */
export function isExpired(exception: Exception, today: string): boolean {
  return exception.expires < today;
}
