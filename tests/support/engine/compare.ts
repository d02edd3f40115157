/** Two resource graphs side by side: every difference as one line that says where it is and what each side has. */
import { isReference, isSecret, redact, sorted } from "../../../simulator/properties.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";
import type { RegisteredGraph } from "./request-log.ts";
import type { Bag } from "./wire.ts";

/**
 * What the engine's graph has otherwise than the plan's, sorted; empty when they are equal. Not compared is what
 * cannot be equal: the random ids of providers, and references to the children of remote components, which
 * exist only on the engine. What depends on such a child counts as depending on its component.
 */
export function differences(plan: readonly RecordedResource[], engine: RegisteredGraph): string[] {
  const byUrn = new Map(engine.children.map((child) => [child.urn, child]));
  const represent = (urn: string): string => {
    const child = byUrn.get(urn);
    return child?.parent === undefined ? urn : represent(child.parent);
  };
  const planned = new Map(plan.map((resource) => [resource.urn, comparable(resource, represent)]));
  const registered = new Map(
    engine.resources.map((resource) => [resource.urn, comparable(resource, represent)]),
  );
  const lines: string[] = [];
  for (const urn of new Set([...planned.keys(), ...registered.keys()])) {
    const [left, right] = [planned.get(urn), registered.get(urn)];
    if (left === undefined) lines.push(`${urn}: only on the engine`);
    else if (right === undefined) lines.push(`${urn}: only in the plan`);
    else compareValues(left, right, urn, lines);
  }
  return lines.sort();
}

/** The lines of {@link differences} as the message of a failed test. */
export function describeDifferences(lines: readonly string[], limit = 30): string {
  const more = lines.length > limit ? [`… and ${lines.length - limit} more`] : [];
  return [
    `the engine's graph differs from the plan's in ${lines.length} places:`,
    ...lines.slice(0, limit),
    ...more,
  ].join("\n  ");
}

function comparable(resource: RecordedResource, represent: (urn: string) => string): Bag {
  const urns = (list: readonly string[]) => [...new Set(list.map(represent))].sort();
  const provider = resource.type.startsWith("pulumi:providers:");
  const { aliases, ...options } = resource.options;
  return {
    type: resource.type,
    name: resource.name,
    custom: resource.custom,
    remote: resource.remote,
    parent: resource.parent,
    provider: withoutId(resource.provider),
    providers: Object.fromEntries(
      Object.entries(resource.providers).map(([name, reference]) => [name, withoutId(reference)]),
    ),
    id: provider ? "" : resource.id,
    inputs: resource.inputs,
    outputs: comparableOutputs(resource),
    dependencies: urns(resource.dependencies),
    propertyDependencies: Object.fromEntries(
      Object.entries(resource.propertyDependencies).map(([key, list]) => [key, urns(list)]),
    ),
    protect: resource.protect,
    options: { ...options, aliases: aliases?.map(comparableAlias) },
  };
}

function withoutId(provider: string): string {
  return provider.slice(0, Math.max(0, provider.lastIndexOf("::")));
}

/**
 * A remote component's arguments are no outputs on the engine, and its references no outputs in the plan. To the
 * outputs of a provider the engine adds the version.
 */
function comparableOutputs({ type, remote, inputs, outputs }: RecordedResource): Readonly<Bag> {
  if (type.startsWith("pulumi:providers:")) return { ...outputs, version: undefined };
  if (!remote) return outputs;
  const kept = Object.entries(outputs).filter(([key, value]) => !isReference(value) && !(key in inputs));
  return Object.fromEntries(kept);
}

/** An alias of either spelling without members that say nothing. */
function comparableAlias(alias: string): string {
  if (!alias.startsWith("{")) return alias;
  const members = Object.entries(JSON.parse(alias) as Bag)
    .filter(([, value]) => value !== "" && value !== false)
    .map(([key, value]): [string, unknown] => [key.toLowerCase(), value]);
  return JSON.stringify(Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1))));
}

function compareValues(plan: unknown, engine: unknown, path: string, lines: string[]): void {
  if (isSecret(plan) && isSecret(engine)) {
    if (JSON.stringify(sorted(plan)) !== JSON.stringify(sorted(engine)))
      lines.push(`${path}: different secrets`);
  } else if (isObject(plan) && isObject(engine)) {
    for (const key of new Set([...Object.keys(plan), ...Object.keys(engine)])) {
      compareValues(plan[key], engine[key], `${path} › ${key}`, lines);
    }
  } else if (Array.isArray(plan) && Array.isArray(engine) && plan.length === engine.length) {
    for (const [index, element] of plan.entries()) {
      compareValues(element, engine[index], `${path}[${index}]`, lines);
    }
  } else if (plan !== engine) {
    lines.push(`${path}: plan ${show(plan)}, engine ${show(engine)}`);
  }
}

function isObject(value: unknown): value is Bag {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(redact(value));
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
