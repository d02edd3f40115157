/** A plan: the whole resource graph of one stack, as the program would register it with the engine. */
import { pathToFileURL } from "node:url";
import { table } from "../../simulator/index.ts";
import { type ProgramResult, runProgram } from "../../simulator/program.ts";
import { redact, sorted } from "../../simulator/properties.ts";
import type { RecordedResource } from "../../simulator/recorder.ts";
import { type Project, stackConfig } from "../project.ts";

export interface Plan {
  readonly project: string;
  readonly stack: string;
  readonly cloud: string;
  /** Row of the table of defaults: local, dev, staging or production. */
  readonly environment: string;
  /** Every resource, sorted by URN; secrets marked, their values still in place. */
  readonly resources: readonly RecordedResource[];
  /** What the program returned. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

export interface PlanOptions {
  /** Called after each resource with the number registered so far. */
  readonly onProgress?: (resources: number) => void;
  /** Configuration with full keys in the place of the stack file's, such as another profile. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/** Runs the project's real program with the stack's real configuration on the simulator. */
export async function makePlan(project: Project, stack: string, options: PlanOptions = {}): Promise<Plan> {
  const config = { ...stackConfig(project, stack), ...options.overrides };
  let count = 0;
  const result = await runProgram(() => runEntry(project.main), {
    project: project.name,
    stack,
    table,
    config,
    onResource: () => options.onProgress?.(++count),
  });
  return planOf(project, stack, result);
}

/** A plan of a stack from what was recorded, by whichever way. */
export function planOf(project: Project, stack: string, result: ProgramResult): Plan {
  const config = stackConfig(project, stack);
  return {
    project: project.name,
    stack,
    cloud: config[`${project.name}:cloud`] ?? "",
    environment: config[`${project.name}:environment`] ?? "",
    resources: [...result.resources].sort((a, b) => compare(a.urn, b.urn)),
    outputs: result.outputs,
  };
}

/** Loads the entry and calls its default export, as the engine's language host does. */
async function runEntry(main: string): Promise<unknown> {
  const entry = (await import(pathToFileURL(main).href)) as { readonly default?: unknown };
  if ("default" in entry && Object.keys(entry).length > 1) {
    throw new Error(`${main} has named exports beside its default export, which the language host refuses`);
  }
  return typeof entry.default === "function" ? await entry.default() : entry.default;
}

/** The plan as it is written to disk: the documented members only, secrets without their value, keys sorted. */
export function planDocument(plan: Plan): unknown {
  return {
    stack: plan.stack,
    cloud: plan.cloud,
    resources: plan.resources.map((resource) => ({
      urn: resource.urn,
      type: resource.type,
      name: resource.name,
      custom: resource.custom,
      parent: resource.parent ?? null,
      provider: resource.provider || null,
      dependencies: resource.dependencies,
      propertyDependencies: sorted(resource.propertyDependencies),
      protect: resource.protect,
      inputs: sorted(redact(resource.inputs)),
      outputs: sorted(redact(resource.outputs)),
    })),
    outputs: sorted(redact(plan.outputs)),
  };
}

/** Order of code units: the same on every machine, whatever its locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
