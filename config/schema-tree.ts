import { z } from "zod";
import { isObject, type Json, type JsonObject } from "./merge.ts";
import { platform } from "./schema/platform.ts";

/** The parts of JSON Schema that zod writes for this configuration. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly patternErrorMessage?: string;
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** The schema of the whole configuration: one branch a cloud. */
export const tree = z.toJSONSchema(platform, { io: "input" }) as SchemaNode;

export const branches: readonly SchemaNode[] = tree.oneOf ?? [];

/** Names that may stand behind `llm-marketplace:`, over all clouds. */
export const sectionNames: readonly string[] = [
  ...new Set(branches.flatMap((branch) => Object.keys(branch.properties ?? {}))),
];

/** Sections that are objects in the stack file; the others are plain texts. */
export function isObjectSection(name: string): boolean {
  return branches.some((branch) => {
    const node = branch.properties?.[name];
    return node !== undefined && (node.type === "object" || node.oneOf !== undefined);
  });
}

/**
 * The node at `path`, following the branch of a union that the data names. Where the data names none, the node of
 * the naming key itself lists what it may be.
 */
export function nodeAt(path: readonly PropertyKey[], data: Json): SchemaNode | undefined {
  let node: SchemaNode | undefined = tree;
  let value: Json | undefined = data;
  for (const key of path) {
    if (node === undefined) return undefined;
    if (Array.isArray(value)) {
      node = node.items;
      value = value[Number(key)];
      continue;
    }
    node = childOf(node, String(key), isObject(value) ? value : {});
    value = isObject(value) && Object.hasOwn(value, String(key)) ? value[String(key)] : undefined;
  }
  return node;
}

function childOf(node: SchemaNode, key: string, data: JsonObject): SchemaNode | undefined {
  const object = node.oneOf === undefined ? node : branchOf(node.oneOf, data);
  if (object === undefined) {
    const values = (node.oneOf ?? []).flatMap((branch) => branch.properties?.[key]?.const ?? []);
    return values.length > 0 ? { enum: values } : undefined;
  }
  const properties = object.properties ?? {};
  if (Object.hasOwn(properties, key)) return properties[key];
  return typeof object.additionalProperties === "object" ? object.additionalProperties : undefined;
}

/** The branch whose constants the data has (`mode`, `cloud`). */
export function branchOf(options: readonly SchemaNode[], data: JsonObject): SchemaNode | undefined {
  return options.find((branch) =>
    Object.entries(branch.properties ?? {}).every(
      ([key, child]) => child.const === undefined || (Object.hasOwn(data, key) && data[key] === child.const),
    ),
  );
}

/** Keys that an object may have at `path`. */
export function keysAt(path: readonly PropertyKey[], data: Json): readonly string[] {
  const node = nodeAt(path, data);
  if (node === undefined) return [];
  let value: Json | undefined = data;
  for (const key of path) {
    value = isObject(value) || Array.isArray(value) ? (value as JsonObject)[String(key)] : undefined;
  }
  const object = node.oneOf === undefined ? node : branchOf(node.oneOf, isObject(value) ? value : {});
  return Object.keys(object?.properties ?? {});
}

/** What may stand at a node, in words. */
export function allowedAt(node: SchemaNode | undefined): string {
  if (node === undefined) return "nothing here";
  if (node.patternErrorMessage !== undefined) return node.patternErrorMessage;
  if (node.const !== undefined) return String(node.const);
  if (node.enum !== undefined) return either(node.enum.map(String));
  const options = node.anyOf ?? [];
  if (options.length > 0) return either(options.map(allowedAt));
  switch (node.type) {
    case "integer":
      return `a whole number${bounds(node)}`;
    case "number":
      return `a number${bounds(node)}`;
    case "boolean":
      return "true or false";
    case "array":
      return `a list${listBounds(node)}`;
    case "string":
      if (node.format === "date") return "a day such as 2027-06-30";
      return node.minLength === undefined ? "text" : `text of at least ${characters(node.minLength)}`;
    default:
      return node.properties === undefined && node.oneOf === undefined
        ? "an object"
        : `an object with ${either(objectKeys(node), "and")}`;
  }
}

function objectKeys(node: SchemaNode): string[] {
  const properties = [node, ...(node.oneOf ?? [])].flatMap((part) => Object.keys(part.properties ?? {}));
  return [...new Set(properties)];
}

function bounds(node: SchemaNode): string {
  if (node.exclusiveMinimum !== undefined) return ` over ${node.exclusiveMinimum}`;
  if (node.minimum !== undefined && node.maximum !== undefined) {
    return ` from ${node.minimum} to ${node.maximum}`;
  }
  return "";
}

function listBounds(node: SchemaNode): string {
  const { minItems, maxItems } = node;
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems}`;
  return maxItems === undefined ? "" : ` of at most ${maxItems}`;
}

function characters(count: number): string {
  return count === 1 ? "one character" : `${count} characters`;
}

/** `a, b or c`. */
export function either(words: readonly string[], last = "or"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}
