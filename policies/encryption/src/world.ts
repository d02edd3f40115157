import type { Finding, GuardedResource } from "../../shared/rule.ts";
import { finding, isUnknown, read, readList } from "../../shared/value.ts";

/** Names under which ranges and tags mean the whole internet. */
const everywhere = new Set(["0.0.0.0/0", "::/0", "*", "internet", "any"]);

/** Whether a range is the internet, or half of it or more: two halves make the whole. */
export function isWorld(range: unknown): boolean {
  if (typeof range !== "string") return false;
  if (everywhere.has(range.toLowerCase())) return true;
  const prefix = /^([\da-f.:]+)\/(\d+)$/i.exec(range)?.[2];
  return prefix !== undefined && Number(prefix) <= 1;
}

interface ApiAccess {
  /** Where the public endpoint is opened or closed, and the value that closes it. Absent is open. */
  readonly open: { readonly property: string; readonly closedBy: boolean };
  /** List of ranges that may reach an open endpoint. Absent or empty is the world. */
  readonly ranges: string;
  /** Where in an element of the list the range is; the element itself, unless given. */
  readonly range?: string;
}

/** What is wrong with the reach of a cluster's API. */
export function publicApiFindings(resource: GuardedResource, { open, ranges, range }: ApiAccess): Finding[] {
  const state = read(resource.props, open.property);
  if (state.state === "value" && state.value === open.closedBy) return [];
  const fix = `set ${open.property} to ${open.closedBy}, or list the allowed ranges in ${ranges}`;
  const wording = { required: `${open.closedBy}, or named ranges in ${ranges}`, fix };
  if (state.state === "unknown") return [finding(resource, open.property, wording)];
  const list = readList(resource.props, ranges);
  if (list.length === 0) return [finding(resource, open.property, wording)];
  return list.flatMap(({ path }) => {
    const at = range === undefined ? path : `${path}.${range}`;
    const found = read(resource.props, at);
    const isNamed = found.state === "value" && !isUnknown(found.value) && !isWorld(found.value);
    return isNamed ? [] : [finding(resource, at, { required: "a range smaller than the internet", fix })];
  });
}
