/**
 * Why something outside could not be reached, on one line: an error, what it came of, and for several at once each of
 * them. Where the code stood says nothing of it, so there is no stack.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = [...(error instanceof AggregateError ? error.errors : []), error.cause].filter(Boolean);
  const reasons = new Set([error.message, ...inner.map(reasonOf)].filter(Boolean));
  return reasons.size === 0 ? error.name : [...reasons].join(": ");
}
