/** `marketplace plan`: one stack in this process, `all` in child processes. */
import { spawn } from "node:child_process";
import { join, relative } from "node:path";
import { type ExitCode, exitCode, worst } from "../exit-codes.ts";
import { describeFailure } from "../failure.ts";
import { type Project, requireStack } from "../project.ts";
import { coloursAllowed, Progress } from "../terminal.ts";
import { makePlan, planDocument } from "./plan.ts";
import { formatTree } from "./tree.ts";
import { planFiles, removeDirectory, replaceDirectory } from "./write.ts";

export interface PlanCommandOptions {
  /** Folder under which each stack has one of its own. */
  readonly out: string;
  /** Print the plan as JSON instead of the tree. */
  readonly json: boolean;
  /** Print only where the plan is and how large. */
  readonly quiet: boolean;
}

/** Child processes at a time: a plan needs one core and some 400 MB. */
const parallelPlans = 2;

/** Plans one stack, prints it and writes its files. */
export async function planStack(
  project: Project,
  stack: string,
  options: PlanCommandOptions,
): Promise<ExitCode> {
  requireStack(project, stack);
  const directory = join(options.out, stack);
  removeDirectory(directory);
  const progress = new Progress();
  const started = performance.now();
  const { assess, startAssessors } = await import("../assess.ts");
  const assessors = startAssessors(project, stack);
  const programStarted = performance.now();
  const plan = await makePlan(project, stack, {
    onProgress: (count) => progress.show(`planning ${stack}: ${count} resources`),
  }).finally(() => progress.end());
  const programEnded = performance.now();
  const assessment = await assess(plan, assessors);
  // Read by tools/bench.ts: what looks at the plan may not take longer than the program itself.
  performance.measure("program", { start: programStarted, end: programEnded });
  performance.measure("assessors", { start: programEnded - (programStarted - started) });
  replaceDirectory(directory, [...planFiles(plan), ...assessment.files]);
  const inside = relative(process.cwd(), directory);
  const where = inside === "" || inside.startsWith("..") ? directory : inside;
  if (options.json) print(JSON.stringify(planDocument(plan)));
  else {
    if (!options.quiet) {
      print(`Planning ${project.name}, stack ${stack} (${plan.cloud}), on the simulator\n`);
      print(`${formatTree(plan, { colours: coloursAllowed(process.stdout) })}\n`);
    }
    if (!options.quiet && assessment.text !== "") print(`${assessment.text}\n`);
    const report = assessment.files.some(({ name }) => name === "report.html") ? ["report.html"] : [];
    const files = ["plan.json", "manifests/", ...report].map((name) => join(where, name));
    print(`${stack}: ${plan.resources.length} resources, written to ${enumerated(files)}`);
  }
  // Where standard output is for a program, people read the other stream.
  if (assessment.last !== "") (options.json ? printError : print)(assessment.last);
  return assessment.mandatoryViolations > 0 ? exitCode.guardrail : exitCode.clean;
}

/** Plans every stack, each in a process of its own, and prints them in order as they end. */
export async function planAll(project: Project, options: PlanCommandOptions): Promise<number> {
  const progress = new Progress();
  const codes: number[] = [];
  const results = new Map<string, ChildResult>();
  const documents: string[] = [];
  const waiting = [...project.stacks];
  let printed = 0;
  const flush = () => {
    for (let stack = project.stacks[printed]; stack !== undefined; stack = project.stacks[++printed]) {
      const result = results.get(stack);
      if (!result) return;
      progress.end();
      const planned = result.code === exitCode.clean || result.code === exitCode.guardrail;
      if (options.json) documents.push(...(planned ? [result.stdout.trim()] : []));
      else if (result.stdout !== "") process.stdout.write(`${result.stdout}${options.quiet ? "" : "\n"}`);
      if (result.stderr !== "") process.stderr.write(`${stack}: ${result.stderr}`);
      codes.push(result.code);
    }
  };
  const work = async () => {
    for (let stack = waiting.shift(); stack !== undefined; stack = waiting.shift()) {
      progress.show(`planned ${results.size} of ${project.stacks.length} stacks, now ${stack}`);
      results.set(stack, await planInChild(project, stack, options));
      flush();
    }
  };
  await Promise.all(Array.from({ length: parallelPlans }, work));
  progress.end();
  if (options.json) print(`[${documents.join(",")}]`);
  return worst(codes);
}

interface ChildResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function planInChild(project: Project, stack: string, options: PlanCommandOptions): Promise<ChildResult> {
  const flags = [...(options.json ? ["--json"] : []), ...(options.quiet ? ["--quiet"] : [])];
  const main = join(import.meta.dirname, "..", "main.ts");
  const child = spawn(
    process.execPath,
    [...process.execArgv, main, "--project", project.root, "plan", stack, "--out", options.out, ...flags],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, CI: "1" } },
  );
  return new Promise((resolve) => {
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    child.on("error", (error) =>
      resolve({ code: exitCode.internal, stdout, stderr: describeFailure(error).text }),
    );
    child.on("close", (code, signal) => {
      const killed = signal === null ? "" : `internal error: the plan was ended by ${signal}\n`;
      resolve({ code: code ?? exitCode.internal, stdout, stderr: stderr + killed });
    });
  });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** `a, b and c`. */
function enumerated(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
