import { standFor } from "./remote.ts";
import type { GuardedResource } from "./rule.ts";
import { isObject } from "./value.ts";

/** A resource of a plan or of a deployment, with values as the engine's protocol carries them. */
export interface PlannedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent: string | undefined;
  /** `<urn>::<id>` of the explicit provider, or empty. */
  readonly provider: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly protect: boolean;
}

/** A whole plan as rules see it: arguments for rules of one resource, outputs for rules of the stack. */
export interface Graph {
  readonly inputs: readonly GuardedResource[];
  readonly outputs: readonly GuardedResource[];
}

export function graphOf(resources: readonly PlannedResource[]): Graph {
  return {
    inputs: standFor(resources.map((resource) => guarded(resource, resource.inputs))),
    outputs: standFor(resources.map((resource) => guarded(resource, resource.outputs))),
  };
}

function guarded(resource: PlannedResource, props: Readonly<Record<string, unknown>>): GuardedResource {
  const { urn, type, name, parent, propertyDependencies, protect, provider } = resource;
  return {
    urn,
    type,
    name,
    props: plainValue(props) as Record<string, unknown>,
    protect,
    parent,
    propertyDependencies,
    provider: provider === "" ? undefined : provider.slice(0, provider.lastIndexOf("::")),
  };
}

/** The key that marks a wrapped value in the engine's protocol, and the marks that matter here. */
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";
const reference = "5cf8f73096256a8f31e491e813e4eb8e";
const output = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Values as the engine hands them to a pack: secrets without their wrapping, a resource as its id or URN. */
export function plainValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isObject(value)) return value;
  const mark = value[signature];
  if (mark === secret || mark === output) return plainValue(value.value);
  if (mark === reference) return value.id === undefined || value.id === "" ? value.urn : value.id;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([key, one]) => [key, plainValue(one)]),
  );
}
