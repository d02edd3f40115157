/**
 * Deterministic values of the right shape: the same URN always gives the same value, on every machine. Nothing
 * here resolves or exists: host names end in the reserved `.example` or look like the cloud's own with a
 * simulated identifier.
 */
import { createHash } from "node:crypto";
import type { SimulationRequest } from "./table.ts";

/** The account that every simulated AWS resource belongs to (AWS's own documentation account). */
export const simulatedAccountId = "123456789012";

/** Key and values by which the engine marks special objects in properties (sdk/go/common/resource). */
export const markerKey = "4dabf18193072939515e22adb298388d";
export const secretMarker = "1b47061264138c4ac30d75fd1eb44270";
export const referenceMarker = "5cf8f73096256a8f31e491e813e4eb8e";
export const outputMarker = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** `digits` hexadecimal digits that depend on `seed` only (at most 64). */
export function hex(seed: string, digits: number): string {
  return createHash("sha256").update(seed).digest("hex").slice(0, digits);
}

/** Upper-case letters and digits, as AWS ids such as hosted zones have. */
export function alphanumeric(seed: string, length: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  let text = "";
  for (let block = 0; text.length < length; block++) {
    for (const byte of createHash("sha256").update(`${seed}#${block}`).digest()) text += alphabet[byte % 36];
  }
  return text.slice(0, length);
}

/** A whole number in [minimum, maximum]. */
export function integer(seed: string, minimum: number, maximum: number): number {
  return minimum + (Number.parseInt(hex(seed, 12), 16) % (maximum - minimum + 1));
}

/** A version 4 shaped UUID. */
export function uuid(seed: string): string {
  const digits = hex(seed, 32);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `a${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join("-");
}

/** An address of TEST-NET-3 (203.0.113.0/24), which is never routed. */
export function publicAddress(seed: string): string {
  return `203.0.113.${integer(seed, 1, 254)}`;
}

/** `arn:aws:<service>:<region>:<account>:<resource>`; pass `region: ""` in the options for global services. */
export function arn(
  request: SimulationRequest,
  service: string,
  resource: string,
  options: { readonly region?: string; readonly account?: string } = {},
): string {
  const region = options.region ?? request.region;
  const account = options.account ?? request.accountId;
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

/** The name the Pulumi bridge gives where the program gives none: logical name, dash, seven hexadecimal digits. */
export function autoName(request: SimulationRequest, digits = 7): string {
  return `${request.name}-${hex(request.urn, digits)}`;
}

/** The string argument `key`, or `fallback` where it was not given. */
export function text(request: SimulationRequest, key: string, fallback: string): string {
  const value = request.inputs[key];
  return typeof value === "string" && value !== "" ? value : fallback;
}

/** Marks an output as secret, as a provider does for passwords and kubeconfigs. */
export function secret(value: unknown): Record<string, unknown> {
  return { [markerKey]: secretMarker, value };
}

/** A reference to a resource that a remote component returns as one of its outputs. */
export function reference(urn: string, id: string): Record<string, unknown> {
  return { [markerKey]: referenceMarker, urn, id };
}

/** URN of a child of `parentUrn`, built as the engine builds it. */
export function childUrn(parentUrn: string, type: string, name: string): string {
  const [prefix, parentType] = splitUrn(parentUrn);
  const qualified = parentType === "pulumi:pulumi:Stack" ? type : `${parentType}$${type}`;
  return `${prefix}::${qualified}::${name}`;
}

/** `[urn:pulumi:<stack>::<project>, qualified type, name]` of a URN; the name may hold `::` itself. */
export function splitUrn(urn: string): [prefix: string, qualifiedType: string, name: string] {
  const parts = urn.split("::");
  return [`${parts[0]}::${parts[1]}`, parts[2] ?? "", parts.slice(3).join("::")];
}
