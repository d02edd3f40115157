/** Goldens: one file per stack, small enough to review, renewed by `make goldens`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isKubernetesObject, namespaceOf } from "../../cli/plan/graph.ts";
import { compare, type Plan } from "../../cli/plan/plan.ts";
import { counts, shortType } from "../../cli/plan/tree.ts";
import { containsSecret, isReference, isSecret } from "../../simulator/properties.ts";
import type { RecordedResource } from "../../simulator/recorder.ts";
import { root } from "./cli.ts";

/** Names of arguments worth a reviewer's eye: counts, sizes, versions, retention, exposure. */
const interesting: ReadonlySet<string> = new Set(
  [
    "accessMode authenticationMode endpointPrivateAccess endpointPublicAccess publicAccessCidrs",
    "addonName addonVersion allocatedStorage maxAllocatedStorage storage storageType volumeSize volumeType",
    "averageUtilization backupRetentionPeriod retentionInDays retentionPeriod snapshotRetentionLimit deleteAfter",
    "brokerNodeGroupInfo.instanceType capacityType instanceClass instanceType instanceTypes nodeType",
    "chart version engine engineVersion kafkaVersion image imageName",
    "cidrBlock desiredSize minSize maxSize instances members numCacheClusters numberOfBrokerNodes",
    "deletionProtection multiAz publiclyAccessible storageEncrypted transitEncryptionEnabled",
    "host hosts domain minReplicas maxReplicas minAvailable maxUnavailable replicas partitions replicationFactor",
    "schedule upgradePolicy.supportType",
  ].flatMap((line) => line.split(" ")),
);

/** Where the walk does not go: values of charts and pod templates are reviewed in the code. */
const closed = new Set([
  "affinity",
  "annotations",
  "env",
  "labels",
  "metadata",
  "selector",
  "tags",
  "values",
]);

/** A line per resource, indented by parent: type, name, namespace, protection and the arguments that matter. */
export function goldenText(plan: Plan): string {
  const children = new Map<string | undefined, RecordedResource[]>();
  for (const resource of plan.resources) {
    children.set(resource.parent, [...(children.get(resource.parent) ?? []), resource]);
  }
  const lines = [
    `# The plan of ${plan.stack} (${plan.cloud}), renewed by \`make goldens\`.`,
    `# ${plan.resources.length} resources; ${counts(plan.resources)
      .map(([what, count]) => `${what}: ${count}`)
      .join(", ")}`,
    "",
  ];
  const visit = (resource: RecordedResource, depth: number) => {
    lines.push(`${"  ".repeat(depth)}${line(resource)}`);
    for (const child of (children.get(resource.urn) ?? []).sort(byName)) visit(child, depth + 1);
  };
  for (const resource of children.get(undefined) ?? []) visit(resource, 0);
  return `${lines.join("\n")}\n`;
}

function byName(a: RecordedResource, b: RecordedResource): number {
  return Number(a.custom) - Number(b.custom) || compare(a.type, b.type) || compare(a.name, b.name);
}

function line(resource: RecordedResource): string {
  const namespace = isKubernetesObject(resource) ? namespaceOf(resource) : undefined;
  return [
    shortType(resource.type),
    resource.name,
    ...(namespace === undefined ? [] : [`in ${namespace}`]),
    ...(resource.protect ? ["protected"] : []),
    ...details(resource.inputs),
  ].join(" ");
}

function details(inputs: Readonly<Record<string, unknown>>): string[] {
  const found = new Map<string, Set<string>>();
  const walk = (value: unknown, path: readonly string[]) => {
    const key = path.at(-1) ?? "";
    const wanted = interesting.has(key) || interesting.has(path.slice(-2).join("."));
    if (wanted && (isLeaf(value) || isLeaves(value))) {
      const text = containsSecret(value) ? "[secret]" : JSON.stringify(value);
      found.set(key, (found.get(key) ?? new Set()).add(text));
    } else if (Array.isArray(value)) {
      for (const element of value) walk(element, path);
    } else if (value !== null && typeof value === "object" && !isSecret(value) && !isReference(value)) {
      for (const [name, member] of Object.entries(value))
        if (!closed.has(name)) walk(member, [...path, name]);
    }
  };
  walk(inputs, []);
  return [...found]
    .sort(([a], [b]) => compare(a, b))
    .map(([key, values]) => `${key}=${[...values].sort().join("|")}`);
}

function isLeaf(value: unknown): boolean {
  return value === null || typeof value !== "object" || isSecret(value);
}

function isLeaves(value: unknown): boolean {
  return Array.isArray(value) && value.every(isLeaf);
}

/** Compares with the committed file, or writes it when goldens are being renewed. */
export function expectGolden(name: string, text: string): void {
  const path = join(root, "tests", "goldens", name);
  if (process.env.RENEW_GOLDENS) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  if (!existsSync(path)) throw new Error(`tests/goldens/${name} is missing; write it with \`make goldens\``);
  const difference = diffLines(readFileSync(path, "utf8"), text);
  if (difference === "") return;
  throw new Error(
    `tests/goldens/${name} differs from the plan (- golden, + plan); if this is meant, run \`make goldens\` and commit\n${difference}`,
  );
}

/** Lines that differ, each with the nearest lines around it; empty when the texts are equal. */
export function diffLines(before: string, after: string, context = 2): string {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const longest: Uint32Array[] = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const cell = (i: number, j: number) => longest[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = longest[i] as Uint32Array;
      row[j] = a[i] === b[j] ? cell(i + 1, j + 1) + 1 : Math.max(cell(i + 1, j), cell(i, j + 1));
    }
  }
  const all: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      all.push(`  ${a[i++]}`);
      j += 1;
    } else if (j >= b.length || (i < a.length && cell(i + 1, j) >= cell(i, j + 1))) all.push(`- ${a[i++]}`);
    else all.push(`+ ${b[j++]}`);
  }
  const near = all.map((_, index) =>
    all.slice(Math.max(0, index - context), index + context + 1).some((text) => !text.startsWith("  ")),
  );
  return all
    .flatMap((text, index) => (near[index] ? [text] : near[index - 1] ? ["…"] : []))
    .join("\n")
    .replace(/\n…$/, "");
}
