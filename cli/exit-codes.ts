/** What the command's exit code says. Part of the contract; make itself returns 2 for any failure. */
export const exitCode = {
  clean: 0,
  /** A problem in what the user wrote: configuration, arguments, or a type that the simulator does not know. */
  input: 1,
  /** A mandatory guardrail is violated. */
  guardrail: 2,
  /** A fault of this project. */
  internal: 3,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The one exit code of several: a fault of ours tells more than a problem of the input, that more than a guardrail. */
export function worst(codes: readonly number[]): number {
  const order: readonly number[] = [exitCode.internal, exitCode.input, exitCode.guardrail];
  const known = order.find((code) => codes.includes(code));
  return known ?? (codes.every((code) => code === exitCode.clean) ? exitCode.clean : exitCode.internal);
}
