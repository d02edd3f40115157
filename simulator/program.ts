/**
 * Runs a Pulumi program in this process on the simulator, to its true end: resources made inside `apply` and
 * rejected promises that nobody awaits are part of the run.
 */
import * as pulumi from "@pulumi/pulumi";
import {
  getPendingResourceRegistrations,
  leakedPromises,
  type PendingRegistration,
  waitForRPCs,
} from "./internals.ts";
import { RecordingMonitor } from "./monitor.ts";
import { type RecordedResource, Recorder } from "./recorder.ts";
import type { SimulationTable } from "./table.ts";

export interface ProgramOptions {
  readonly project: string;
  readonly stack: string;
  readonly table: SimulationTable;
  /** Configuration as the engine hands it over: full keys, objects as JSON. */
  readonly config?: Readonly<Record<string, string>>;
  readonly onResource?: (resource: RecordedResource) => void;
}

export interface ProgramResult {
  readonly resources: readonly RecordedResource[];
  /** What the program returned, secrets marked. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

export type Program = () => unknown;

/** Turns of the event loop without any activity after which the program counts as ended. */
const quietTurns = 20;

/**
 * Time without activity after which what is still open counts as hanging: a second where a registration waits
 * for a value, a minute where the program itself is still busy (loading a cloud's SDK on a slow disk).
 */
const patienceMillis = { registration: 1000, program: 60_000 };

/** Runs `program` and throws its first error, if there was any. One run at a time per process. */
export async function runProgram(program: Program, options: ProgramOptions): Promise<ProgramResult> {
  const recorder = new Recorder(options);
  pulumi.runtime.setMockOptions(
    new RecordingMonitor(recorder),
    options.project,
    options.stack,
    false,
    "organization",
  );
  pulumi.runtime.setAllConfig({ ...options.config });
  const rejections = new Set<unknown>();
  const restore = takeOver(rejections);
  try {
    const ended = pulumi.runtime
      .runInPulumiStack(async () => await program())
      .then(
        () => undefined,
        (error: unknown) => void rejections.add(error),
      );
    await quiet(ended, recorder, rejections);
  } finally {
    restore();
  }
  const first = recorder.failures[0] ?? [...rejections][0];
  if (first !== undefined) throw first;
  const resources = [...recorder.resources.values()];
  return { resources, outputs: resources.find((resource) => resource.parent === undefined)?.outputs ?? {} };
}

/** Collects errors that no code awaits, in place of the listeners that would end the process or fail a test. */
function takeOver(rejections: Set<unknown>): () => void {
  const events = ["unhandledRejection", "uncaughtException"] as const;
  const collect = (error: unknown) => {
    rejections.add(error);
  };
  const previous = events.map((event) => [event, process.rawListeners(event)] as const);
  for (const event of events) {
    process.removeAllListeners(event);
    process.on(event, collect);
  }
  return () => {
    for (const [event, listeners] of previous) {
      process.removeListener(event, collect);
      for (const listener of listeners) process.on(event, listener as (error: unknown) => void);
    }
  };
}

/**
 * Waits until the program has ended, all its registrations are answered and nothing has happened for some turns
 * of the event loop. Where something stays open it gives up after a time without any activity and names it.
 */
async function quiet(ended: Promise<void>, recorder: Recorder, rejections: Set<unknown>): Promise<void> {
  const pending = getPendingResourceRegistrations();
  const activity = () => recorder.resources.size + recorder.failures.length + rejections.size;
  const failed = () => recorder.failures.length + rejections.size > 0;
  let answered = false;
  let [turns, waited, seen] = [0, 0, -1];
  const wait = () => ended.then(waitForRPCs).then(() => (answered = true));
  const patience = () =>
    pending.size > 0 || failed() ? patienceMillis.registration : patienceMillis.program;
  void wait();
  while (answered ? turns < quietTurns : waited < patience()) {
    const start = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    // A turn in which the program computed for long is no waiting.
    waited += Math.min(performance.now() - start, 10);
    turns += 1;
    if (activity() === seen) continue;
    [turns, waited, seen] = [0, 0, activity()];
    if (answered) {
      answered = false;
      void wait();
    }
  }
  if (pending.size > 0) rejections.add(new Error(describeHanging([...pending.values()])));
  else if (!answered && !failed()) rejections.add(new Error("the program's own promise never ended"));
  // What is named here need not be named again by the SDK when the process ends.
  pending.clear();
  leakedPromises();
}

function describeHanging(hanging: readonly PendingRegistration[]): string {
  const each = hanging.map(({ type, name, phase, inputProperty }) => {
    const what = inputProperty === undefined ? phase : `${phase} (${inputProperty})`;
    return `${name} [${type}] waits for ${what}`;
  });
  return `never registered, because a value never came: ${each.join("; ")}`;
}
