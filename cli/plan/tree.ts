/** The component tree as `pulumi preview` prints it. */
import type { RecordedResource } from "../../simulator/recorder.ts";
import { isKubernetesObject, releaseType } from "./graph.ts";
import { compare, type Plan } from "./plan.ts";

export interface TreeOptions {
  readonly colours: boolean;
}

/** The tree with a header, a line per resource, and counts at the end. */
export function formatTree(plan: Plan, options: TreeOptions): string {
  const green = (text: string) => (options.colours ? `\u001b[32m${text}\u001b[0m` : text);
  const bold = (text: string) => (options.colours ? `\u001b[1m${text}\u001b[0m` : text);
  const rows = treeRows(plan.resources);
  const typeWidth = Math.max("Type".length, ...rows.map((row) => row.type.length));
  const nameWidth = Math.max("Name".length, ...rows.map((row) => row.name.length));
  return [
    bold(`     ${"Type".padEnd(typeWidth)}  ${"Name".padEnd(nameWidth)}  Plan`),
    ...rows.map(
      (row) =>
        ` ${green("+")}   ${row.type.padEnd(typeWidth)}  ${row.name.padEnd(nameWidth)}  ${green("create")}`,
    ),
    "",
    bold("Resources:"),
    `    ${green(`+ ${plan.resources.length} to create`)}`,
    ...counts(plan.resources).map(([what, count]) => `      ${what}: ${count}`),
  ].join("\n");
}

/** Type of a resource as people know it: `aws:ec2/vpc:Vpc` is `aws:ec2:Vpc`. */
export function shortType(type: string): string {
  const [pkg, module, name] = type.split(":");
  if (pkg === undefined || module === undefined || name === undefined) return type;
  const [head, tail] = module.split("/");
  const repeated = head !== undefined && tail !== undefined && tail.toLowerCase() === name.toLowerCase();
  return repeated ? `${pkg}:${head}:${name}` : type;
}

/** How many of each sort there are; sorts that do not occur are left out. */
export function counts(resources: readonly RecordedResource[]): [string, number][] {
  const sorts: [string, (resource: RecordedResource) => boolean][] = [
    ["components", (resource) => !resource.custom && resource.parent !== undefined && !resource.remote],
    ["remote components", (resource) => resource.remote],
    ["providers", (resource) => resource.type.startsWith("pulumi:providers:")],
    ["Kubernetes objects", isKubernetesObject],
    ["Helm releases", (resource) => resource.type === releaseType],
    ["cloud resources", (resource) => resource.custom && !/^(kubernetes|pulumi):/.test(resource.type)],
  ];
  return sorts
    .map(([what, belongs]): [string, number] => [what, resources.filter(belongs).length])
    .filter(([, count]) => count > 0);
}

interface Row {
  readonly type: string;
  readonly name: string;
}

function treeRows(resources: readonly RecordedResource[]): Row[] {
  const children = new Map<string, RecordedResource[]>();
  const known = new Set(resources.map((resource) => resource.urn));
  for (const resource of resources) {
    const parent = resource.parent !== undefined && known.has(resource.parent) ? resource.parent : "";
    children.set(parent, [...(children.get(parent) ?? []), resource]);
  }
  const rows: Row[] = [];
  const visit = (resource: RecordedResource, branch: string, indent: string) => {
    rows.push({ type: `${branch}${shortType(resource.type)}`, name: resource.name });
    const below = (children.get(resource.urn) ?? []).sort(componentsFirst);
    for (const [index, child] of below.entries()) {
      const last = index === below.length - 1;
      visit(child, `${indent}${last ? "└─ " : "├─ "}`, `${indent}${last ? "   " : "│  "}`);
    }
  };
  for (const root of children.get("") ?? []) visit(root, "", "");
  return rows;
}

function componentsFirst(a: RecordedResource, b: RecordedResource): number {
  return Number(a.custom) - Number(b.custom) || compare(a.type, b.type) || compare(a.name, b.name);
}
