import type { Finding, GuardedResource } from "./rule.ts";

/** The value at a path: there, not there, or not known before the cloud has answered. */
export type Read =
  | { readonly state: "value"; readonly value: unknown }
  | { readonly state: "absent" }
  | { readonly state: "unknown" };

/**
 * What the engine sends in place of a value that only the cloud can tell, by the kind of value (boolean, number, text,
 * list, asset, archive, object). Fixed in the engine's protocol.
 */
const unknownMarkers: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);
/** The marker of an unknown text: what the engine sends for every value that a program has not computed yet. */
export const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isUnknown(value: unknown): boolean {
  return unknownMarkers.has(value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The steps of a path: `spec.containers[0].env`, `metadata.annotations["a.b/c"]`. */
export function steps(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, name]) => quoted ?? index ?? name ?? "",
  );
}

/** The path of a member: plain after a dot, quoted where its name would be mistaken for a path. */
export function member(path: string, name: string | number): string {
  if (typeof name === "number") return `${path}[${name}]`;
  if (!/^[^.[\]"]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

/** Reads a path without mistaking absent or unknown for a value. A path through something unknown is unknown. */
export function read(props: unknown, path: string): Read {
  let current = props;
  for (const step of steps(path)) {
    if (isUnknown(current)) return { state: "unknown" };
    if (typeof current !== "object" || current === null) return { state: "absent" };
    current = (current as Record<string, unknown>)[step];
  }
  if (isUnknown(current)) return { state: "unknown" };
  return current === undefined || current === null ? { state: "absent" } : { state: "value", value: current };
}

/** The elements of a list with their paths. Nothing where the list is absent; one unknown where it is unknown. */
export function readList(props: unknown, path: string): { readonly path: string; readonly found: Read }[] {
  const list = read(props, path);
  if (list.state === "unknown") return [{ path, found: list }];
  if (list.state === "absent" || !Array.isArray(list.value)) return [];
  return list.value.map((_, index) => {
    const at = member(path, index);
    return { path: at, found: read(props, at) };
  });
}

/** A short rendering for a message. Objects and long texts are only named, so that no secret slips into one. */
export function show(found: Read): string {
  if (found.state !== "value") return found.state;
  const { value } = found;
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string")
    return value.length <= 80 ? JSON.stringify(value) : `a text of ${value.length} characters`;
  if (!Array.isArray(value)) return "an object";
  const short = value.length <= 5 && value.every((one) => typeof one === "string" && one.length <= 40);
  return short ? JSON.stringify(value) : `a list of ${value.length}`;
}

/** What a message says beside what is there. */
export interface Wording {
  readonly required: string;
  readonly fix: string;
}

/** The finding about a property; `actual` where a rendering of the value is not what matters. */
export function finding(
  resource: GuardedResource,
  property: string,
  wording: Wording & { readonly actual?: string },
): Finding {
  const found = read(resource.props, property);
  const { required, fix, actual = show(found) } = wording;
  const base = { resource, property, actual: found.state === "unknown" ? "unknown" : actual, required, fix };
  return found.state === "unknown" ? { ...base, undetermined: true } : base;
}

/** The finding for a property that must satisfy `holds`. Absent is a violation; unknown is left undetermined. */
export function expectProperty(
  resource: GuardedResource,
  property: string,
  holds: (value: unknown) => boolean,
  wording: Wording,
): Finding[] {
  const found = read(resource.props, property);
  return found.state === "value" && holds(found.value) ? [] : [finding(resource, property, wording)];
}
