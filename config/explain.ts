import type { z } from "zod";
import type { Problem } from "../components/core/errors.ts";
import { isObject, type Json, type JsonObject } from "./merge.ts";
import { allowedAt, either, keysAt, nodeAt, type SchemaNode } from "./schema-tree.ts";
import { nearest } from "./suggest.ts";

/** Where a problem stands: `Pulumi.dev.yaml › network.nat`. */
export function place(file: string, path: readonly PropertyKey[]): string {
  return path.length === 0 ? file : `${file} › ${path.map(String).join(".")}`;
}

/** A value on one line, at most 60 characters of it. */
export function show(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  const line = JSON.stringify(value);
  return line.length <= 60 ? line : `${line.slice(0, 57)}...`;
}

/** The problems behind zod's issues: one for each value or key, with what the schema allows there. */
export function explain(file: string, issues: readonly z.core.$ZodIssue[], data: JsonObject): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownKey(file, [...issue.path, key], keysAt(issue.path, data)));
    }
    return [wrongValue(file, issue.path, nodeAt(issue.path, data), data)];
  });
}

/** A key that means nothing where it stands. */
export function unknownKey(file: string, path: readonly PropertyKey[], allowed: readonly string[]): Problem {
  const key = String(path.at(-1));
  const meant = nearest(key, allowed);
  return {
    path: place(file, path),
    got: `the unknown key ${show(key)}`,
    allowed: allowed.length > 0 ? either(allowed) : "no key",
    fix: meant === undefined ? `remove ${show(key)}` : `did you mean ${meant}?`,
  };
}

/** A value that is missing, or not what the schema's node allows. */
export function wrongValue(
  file: string,
  path: readonly PropertyKey[],
  node: SchemaNode | undefined,
  data: JsonObject,
): Problem {
  const value = valueAt(data, path);
  const name = path.map(String).join(".");
  const meaning = node?.description === undefined ? "" : ` (${node.description.replace(/\.$/, "")})`;
  const words = node?.enum?.map(String) ?? [];
  const meant = typeof value === "string" ? nearest(value, words) : undefined;
  return {
    path: place(file, path),
    got: show(value),
    allowed: allowedAt(node),
    fix:
      value === undefined
        ? `add ${name}${meaning}`
        : meant === undefined
          ? `change ${name}${meaning}`
          : `did you mean ${meant}?`,
  };
}

function valueAt(data: Json, path: readonly PropertyKey[]): Json | undefined {
  let value: Json | undefined = data;
  for (const key of path) {
    const inside: Json | undefined = value;
    if (isObject(inside) && Object.hasOwn(inside, String(key))) value = inside[String(key)];
    else if (Array.isArray(inside)) value = inside[Number(key)];
    else return undefined;
  }
  return value;
}
