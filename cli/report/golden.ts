/**
 * A plan as lines that a reviewer reads: a line per resource with the arguments that matter. Committed per stack as a
 * golden (`make goldens`), and what the report compares a plan with.
 */
import { containsSecret, isReference, isSecret } from "../../simulator/properties.ts";
import type { RecordedResource } from "../../simulator/recorder.ts";
import { isKubernetesObject, namespaceOf } from "../plan/graph.ts";
import { compare, type Plan } from "../plan/plan.ts";
import { counts, shortType } from "../plan/tree.ts";

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
