import { UserError } from "../components/core/errors.ts";
import { MissingError } from "./deploy/missing.ts";
import { type ExitCode, exitCode } from "./exit-codes.ts";

/** Text and exit code of an error: what users can mend has no stack trace, what they cannot says what to report. */
export function describeFailure(error: unknown): { readonly text: string; readonly code: ExitCode } {
  const user = userError(error);
  if (user) {
    const count = user.problems.length;
    const text = count > 1 ? `error: ${count} problems\n\n${user.message}` : `error: ${user.message}`;
    return { text, code: exitCode.input };
  }
  if (error instanceof MissingError) return { text: `error: ${error.message}`, code: exitCode.input };
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = error instanceof Error ? error.message : String(error);
  const text = [
    `internal error: ${message.split("\n")[0]}`,
    "This is a fault of the project, not of your input. Please report the command, the stack file and these lines:",
    "",
    detail,
  ].join("\n");
  return { text, code: exitCode.internal };
}

/** The {@link UserError} that `error` is or wraps. */
function userError(error: unknown): UserError | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof UserError) return current;
  }
  return undefined;
}
