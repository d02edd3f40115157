/** `marketplace preview` and `marketplace up`: the real Pulumi CLI, after checking that it can work. */
import { exitCode } from "../exit-codes.ts";
import { type Project, requireStack } from "../project.ts";
import { Progress } from "../terminal.ts";
import { checkDeployment } from "./checks.ts";
import { findPulumi } from "./pulumi.ts";
import { runForeground } from "./run.ts";

/** Seconds that a single check may take before it counts as out of reach. */
const checkTimeoutSeconds = 15;

/** Runs `pulumi preview` or `pulumi up` on a stack; `extra` goes to Pulumi as it is. */
export async function deploy(
  project: Project,
  verb: "preview" | "up",
  stack: string,
  extra: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  requireStack(project, stack);
  const progress = new Progress();
  progress.show(`checking what ${verb} needs: Pulumi CLI, credentials, backend, key`);
  const timeoutSeconds = Number(environment.MARKETPLACE_CHECK_TIMEOUT_SECONDS) || checkTimeoutSeconds;
  const pulumi = await checkDeployment(findPulumi(environment), {
    project,
    stack,
    verb,
    environment,
    timeoutSeconds,
  }).finally(() => progress.end());
  const args = [...pulumi.prefix, verb, "--stack", stack, ...extra];
  const code = await runForeground(pulumi.command, args, { cwd: project.root, environment });
  // Pulumi has said what is wrong; its own codes mean nothing to the callers of this command.
  return code === 0 ? exitCode.clean : exitCode.input;
}
