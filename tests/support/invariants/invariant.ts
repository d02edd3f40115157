/** An invariant: what must hold in every plan, and the sentences that say where it does not. */
import type { Plan } from "../../../cli/plan/plan.ts";
import { plain } from "../../../simulator/properties.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";

export interface Invariant {
  /** Completes "in every plan, …". */
  readonly title: string;
  /** One sentence per violation, empty where the invariant holds. */
  violations(plan: Plan): string[];
}

/** Arguments without secret marks, loosely typed for looking into. */
export type Arguments = Readonly<Record<string, unknown>>;

export function argumentsOf(resource: RecordedResource): Arguments {
  return plain(resource.inputs) as Arguments;
}

/** The value at a dotted path, list elements by number. */
export function at(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (inner, key) => (inner !== null && typeof inner === "object" ? (inner as Arguments)[key] : undefined),
      value,
    );
}

/** Every member anywhere inside, with its path. */
export function* members(
  value: unknown,
  path: readonly string[] = [],
): Generator<[readonly string[], unknown]> {
  if (path.length > 0) yield [path, value];
  if (value === null || typeof value !== "object") return;
  for (const [key, member] of Object.entries(value)) yield* members(member, [...path, key]);
}

/** How sentences name a resource. */
export function label(resource: RecordedResource): string {
  return `${resource.type} ${resource.name}`;
}

/** One sentence for each resource for which `check` gives one. */
export function each(
  plan: Plan,
  check: (resource: RecordedResource, args: Arguments) => string | readonly string[] | undefined,
): string[] {
  return plan.resources.flatMap((resource) => {
    const found = check(resource, argumentsOf(resource));
    return found === undefined ? [] : typeof found === "string" ? [found] : [...found];
  });
}

export const isProvider = (resource: RecordedResource) => resource.type.startsWith("pulumi:providers:");
export const isStack = (resource: RecordedResource) => resource.type === "pulumi:pulumi:Stack";
