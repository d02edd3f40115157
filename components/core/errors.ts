/**
 * A problem in what the user wrote. It is shown without a stack trace, before anything is planned.
 * `path` says where (`Pulumi.dev.yaml › cluster.pools.general`), `got` what was there, `allowed` what may be
 * there, `fix` what to do next.
 */
export interface Problem {
  readonly path: string;
  readonly got: string;
  readonly allowed: string;
  readonly fix: string;
}

/** One or more problems in the user's input, reported together. */
export class UserError extends Error {
  readonly problems: readonly Problem[];
  /** Pulumi's own mark of errors that `pulumi preview` and `up` show without a stack trace (pulumi.RunError). */
  readonly __pulumiRunError = true;

  constructor(problems: Problem | readonly Problem[]) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map(formatProblem).join("\n"));
    this.name = "UserError";
    this.problems = list;
  }
}

/** The text of one problem, four lines. */
export function formatProblem(problem: Problem): string {
  return [
    `${problem.path}: got ${problem.got}`,
    `  allowed: ${problem.allowed}`,
    `  fix: ${problem.fix}`,
  ].join("\n");
}
