/** The labels that say whose something is; charts set the `app.kubernetes.io` ones themselves. */
export function ownership(all: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key.startsWith("llm-marketplace.io/")));
}
