/**
 * Annotations by which Pulumi waits for an operator's object: what depends on it then finds a store that answers,
 * and a store that never comes up fails the deployment that made it.
 */
export function waitFor(condition: string): Record<string, string> {
  return { "pulumi.com/waitFor": condition, "pulumi.com/timeoutSeconds": "1800" };
}
