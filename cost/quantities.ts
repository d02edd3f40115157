import { read } from "../policies/shared/value.ts";
import type { CostResource, Scale } from "./types.ts";

/** AWS's own month. */
export const hoursPerMonth = 730;
export const daysPerMonth = hoursPerMonth / 24;

/** Something that cannot be priced from what is there; the resource is listed as unpriced, with this reason. */
export class UnpricedError extends Error {
  /** The property whose value is not known yet. */
  readonly unknownProperty: string | undefined;

  constructor(reason: string, unknownProperty?: string) {
    super(reason);
    this.unknownProperty = unknownProperty;
  }
}

/** Elements by key, in the order in which keys first come. The pack runs on Node 20, which has no `Map.groupBy`. */
export function groupBy<T>(list: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}

/** The same at every size. */
export const constant = (value: number): Scale => ({ minimum: value, typical: value, maximum: value });

export const times = (scale: Scale, factor: number): Scale => ({
  minimum: scale.minimum * factor,
  typical: scale.typical * factor,
  maximum: scale.maximum * factor,
});

export const plus = (a: Scale, b: Scale): Scale => ({
  minimum: a.minimum + b.minimum,
  typical: a.typical + b.typical,
  maximum: a.maximum + b.maximum,
});

const quantityUnits: Readonly<Record<string, number>> = {
  Ti: 1024,
  Gi: 1,
  Mi: 1 / 1024,
  Ki: 1 / 1024 ** 2,
  T: 1e12 / 2 ** 30,
  G: 1e9 / 2 ** 30,
  M: 1e6 / 2 ** 30,
  k: 1e3 / 2 ** 30,
  "": 1 / 2 ** 30,
};

/** Size of a Kubernetes quantity in GiB: `50Gi`, `2Ti`, `512Mi`, or a plain number of bytes; else undefined. */
export function gibibytes(quantity: unknown): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(Ti|Gi|Mi|Ki|T|G|M|k)?$/.exec(String(quantity ?? ""));
  return match ? Number(match[1]) * (quantityUnits[match[2] ?? ""] ?? 1) : undefined;
}

/** The value at a path; undefined where there is none. Throws where it, or something above it, is not known yet. */
export function at(source: unknown, path: string): unknown {
  const found = read(source, path);
  if (found.state === "unknown") throw new UnpricedError(`${path} is not known yet`, path);
  return found.state === "value" ? found.value : undefined;
}

/** A number, or a text that is one. */
export function numberAt({ props }: CostResource, path: string): number | undefined {
  const value = at(props, path);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

export function textAt({ props }: CostResource, path: string): string | undefined {
  const value = at(props, path);
  return typeof value === "string" ? value : undefined;
}

export function listAt(source: unknown, path: string): readonly unknown[] {
  const value = at(source, path);
  return Array.isArray(value) ? value : [];
}

/** A text without which there is no price. */
export function requiredText(resource: CostResource, path: string): string {
  const value = textAt(resource, path);
  if (value === undefined) throw new UnpricedError(`${path} is absent, and the price depends on it`);
  return value;
}

/** A number without which there is no price. */
export function requiredNumber(resource: CostResource, path: string): number {
  const value = numberAt(resource, path);
  if (value === undefined) throw new UnpricedError(`${path} is absent, and the price depends on it`);
  return value;
}
