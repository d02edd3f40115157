/**
 * Property values as the engine's protocol carries them: plain JSON in which a marker key tells secrets,
 * resource references and output values apart.
 */
import { markerKey, outputMarker, referenceMarker, secretMarker } from "./values.ts";

type Bag = Record<string, unknown>;

function isBag(value: unknown): value is Bag {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function marked(value: unknown, marker: string): value is Bag {
  return isBag(value) && value[markerKey] === marker;
}

export function isSecret(value: unknown): value is Bag & { readonly value: unknown } {
  return marked(value, secretMarker);
}

export function isReference(value: unknown): value is Bag & { readonly urn: string; readonly id?: string } {
  return marked(value, referenceMarker);
}

/** A secret around `value`, unless it is one already. */
export function asSecret(value: unknown): unknown {
  return isSecret(value) ? value : { [markerKey]: secretMarker, value };
}

function map(value: unknown, change: (value: Bag) => unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => map(element, change));
  if (!isBag(value)) return value;
  const changed = change(value);
  if (changed !== value) return changed;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, element]) => element !== undefined)
      .map(([key, element]) => [key, map(element, change)]),
  );
}

/** Without undefined members, which the protocol cannot carry. */
export function defined<T>(value: T): T {
  return map(value, (bag) => bag) as T;
}

/** Values without any mark: secrets unwrapped, references as `{ urn, id }` left with their mark. */
export function plain(value: unknown): unknown {
  return map(value, (bag) => (isSecret(bag) ? plain(bag.value) : bag));
}

/** Secrets without their value; everything else stays. What is written to disk goes through here. */
export function redact(value: unknown): unknown {
  return map(value, (bag) => (isSecret(bag) ? { [markerKey]: secretMarker, value: "[secret]" } : bag));
}

/** Whether a secret is anywhere inside. */
export function containsSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(containsSecret);
  return isBag(value) && (isSecret(value) || Object.values(value).some(containsSecret));
}

/**
 * Turns output values (what remote components receive) into plain values or secrets, and collects the URNs they
 * and resource references depend on.
 */
export function resolveOutputValues(value: unknown, dependencies: Set<string>): unknown {
  return map(value, (bag) => {
    if (isReference(bag)) {
      dependencies.add(bag.urn);
      return bag;
    }
    if (!marked(bag, outputMarker)) return bag;
    for (const urn of (bag.dependencies ?? []) as string[]) dependencies.add(urn);
    const inner = resolveOutputValues(bag.value, dependencies);
    return bag.secret === true ? asSecret(inner) : inner;
  });
}

/** JSON with keys in order, so that two runs give the same text. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isBag(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .filter((key) => value[key] !== undefined)
      .map((key) => [key, sorted(value[key])]),
  );
}
