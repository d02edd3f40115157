/** Reading a plan's resources for the picture: plain values by path, without secrets, and who names whom. */
import { redact } from "../../../simulator/properties.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";

/** A resource with its arguments and outputs redacted: no secret can reach the picture. */
export interface Fact {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent: string | undefined;
  /** Identifier in its cloud or cluster. */
  readonly id: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Region of the resource's provider; undefined where providers have none. */
  readonly region: string | undefined;
  /** Logical name of the outermost component above it. */
  readonly component: string;
  readonly dependencies: readonly string[];
}

export interface Facts {
  readonly all: readonly Fact[];
  /** Resources of the types, in the plan's order. */
  readonly of: (...types: readonly string[]) => readonly Fact[];
  readonly byUrn: ReadonlyMap<string, Fact>;
}

export function factsOf(resources: readonly RecordedResource[]): Facts {
  const recorded = new Map(resources.map((resource) => [resource.urn, resource]));
  const all = resources.map((resource): Fact => {
    const provider = recorded.get(
      resource.provider.slice(0, Math.max(0, resource.provider.lastIndexOf("::"))),
    );
    const inputs = redact(resource.inputs) as Record<string, unknown>;
    const own = [inputs.region, provider?.inputs.region].find((value) => typeof value === "string");
    return {
      urn: resource.urn,
      type: resource.type,
      name: resource.name,
      parent: resource.parent,
      id: resource.id,
      inputs,
      outputs: redact(resource.outputs) as Record<string, unknown>,
      region: own as string | undefined,
      component: outermostComponent(resource, recorded),
      dependencies: resource.dependencies,
    };
  });
  const byType = Map.groupBy(all, (fact) => fact.type);
  return {
    all,
    of: (...types) => types.flatMap((type) => byType.get(type) ?? []),
    byUrn: new Map(all.map((fact) => [fact.urn, fact])),
  };
}

function outermostComponent(
  resource: RecordedResource,
  recorded: ReadonlyMap<string, RecordedResource>,
): string {
  let name = "";
  for (let at = recorded.get(resource.urn); at; at = recorded.get(at.parent ?? "")) {
    if (at.type.startsWith("llm-marketplace:")) name = at.name;
  }
  return name;
}

/** The value at a path of keys; undefined where a step is missing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (current === null || typeof current !== "object") return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}

export function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Every text anywhere inside, each once. */
export function textsIn(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof value === "string") found.add(value);
  else if (value !== null && typeof value === "object") {
    for (const member of Object.values(value)) textsIn(member, found);
  }
  return found;
}

/** `8`, or `8–38` where the two differ. */
export function span(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined) return "";
  return maximum === undefined || maximum === minimum ? String(minimum) : `${minimum}–${maximum}`;
}
