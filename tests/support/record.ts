/** Runs component code on the SDK's mock monitor with the simulator behind it, for unit tests. */

import { table } from "../../simulator/index.ts";
import { type Program, runProgram } from "../../simulator/program.ts";
import type { RecordedResource } from "../../simulator/recorder.ts";

export type { RecordedResource };

export interface RecordOptions {
  /** Configuration with full keys (`llm-marketplace:owner`), objects as JSON text. */
  readonly config?: Readonly<Record<string, string>>;
  readonly project?: string;
  readonly stack?: string;
}

/** What a piece of code registered, in order, and what it returned. */
export interface Recording {
  readonly resources: readonly RecordedResource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  /** All resources of a type. */
  ofType(type: string): readonly RecordedResource[];
  /** The one resource of a type with a logical name; throws with the names there are when it is not there. */
  get(type: string, name: string): RecordedResource;
}

/** Runs `program` as a stack's program. Throws what the program, the engine or the simulator would throw. */
export async function recordResources(program: Program, options: RecordOptions = {}): Promise<Recording> {
  const { resources, outputs } = await runProgram(program, {
    project: options.project ?? "llm-marketplace",
    stack: options.stack ?? "test",
    config: options.config ?? {},
    table,
  });
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  return {
    resources,
    outputs,
    ofType,
    get(type, name) {
      const found = ofType(type).find((resource) => resource.name === name);
      if (found) return found;
      const names = ofType(type).map((resource) => resource.name);
      throw new Error(`no ${type} named ${name}; there are: ${names.join(", ") || "none of this type"}`);
    },
  };
}
