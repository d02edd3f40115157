/** What a plan changes against the committed golden of its stack: resources that came, changed and went. */

export interface ResourceChange {
  readonly kind: "added" | "changed" | "removed";
  readonly type: string;
  readonly name: string;
  /** Names of the components above it, outermost first. */
  readonly path: readonly string[];
  /** Of a changed one: the arguments that differ, `key: before → after`. */
  readonly details: readonly string[];
}

export interface ResourceChanges {
  /** What it is compared with, in words. */
  readonly with: string;
  readonly changes: readonly ResourceChange[];
}

interface Line {
  readonly type: string;
  readonly name: string;
  readonly path: readonly string[];
  readonly rest: string;
}

/** Differences between two texts of `golden.ts`; the order is that of the newer text, with what went at the end. */
export function changesBetween(before: string, after: string, comparedWith: string): ResourceChanges {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const changes = [...fresh].flatMap(([key, line]): ResourceChange[] => {
    const known = old.get(key);
    if (!known) return [changeOf("added", line)];
    return known.rest === line.rest
      ? []
      : [{ ...changeOf("changed", line), details: details(known.rest, line.rest) }];
  });
  const removed = [...old].filter(([key]) => !fresh.has(key)).map(([, line]) => changeOf("removed", line));
  return { with: comparedWith, changes: [...changes, ...removed] };
}

function changeOf(kind: ResourceChange["kind"], { type, name, path }: Line): ResourceChange {
  return { kind, type, name, path, details: [] };
}

/** Lines by their place in the tree; the stack itself, whose name differs between stacks, is no place. */
function linesOf(text: string): Map<string, Line> {
  const lines = new Map<string, Line>();
  const above: string[] = [];
  for (const raw of text.split("\n")) {
    const parts = /^( *)(\S+) (\S+)(?: (.*))?$/.exec(raw);
    if (!parts || raw.startsWith("#")) continue;
    const [, indent = "", type = "", name = "", rest = ""] = parts;
    const depth = indent.length / 2;
    above.length = depth;
    const path = above.slice(1);
    above.push(name);
    lines.set(JSON.stringify([...path, type, depth === 0 ? "" : name]), { type, name, path, rest });
  }
  return lines;
}

function details(before: string, after: string): string[] {
  const [old, fresh] = [attributes(before), attributes(after)];
  const keys = [...new Set([...fresh.keys(), ...old.keys()])];
  return keys.flatMap((key) => {
    const [from, to] = [old.get(key), fresh.get(key)];
    if (from === to) return [];
    if (key === "protected") return [to === undefined ? "no longer protected" : "now protected"];
    return [`${key}: ${from ?? "none"} → ${to ?? "none"}`];
  });
}

/** `in <namespace>`, `protected` and `key=value`, where a value is JSON or several of them with `|` between. */
function attributes(rest: string): Map<string, string> {
  const found = new Map<string, string>();
  const expression =
    /(?:^| )(?:in (?<namespace>[a-z0-9.-]+)|(?<flag>protected)|(?<key>[A-Za-z]+)=(?<value>(?:"(?:[^"\\]|\\.)*"|[^ "])*))(?= |$)/g;
  for (const { groups } of rest.matchAll(expression)) {
    if (groups?.namespace !== undefined) found.set("namespace", groups.namespace);
    else if (groups?.flag !== undefined) found.set("protected", "");
    else if (groups?.key !== undefined) found.set(groups.key, groups.value ?? "");
  }
  return found;
}
