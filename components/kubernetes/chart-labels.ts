import type { PlatformContext } from "../core/context.ts";
import { labels } from "../core/labels.ts";

/**
 * The platform's labels for the pods of a chart, without those that every chart sets itself: a key given twice is
 * invalid YAML to some charts and breaks the selector of others.
 */
export function chartLabels(context: PlatformContext, component: string): Record<string, string> {
  const own = ["app.kubernetes.io/name", "app.kubernetes.io/managed-by"];
  return Object.fromEntries(
    Object.entries(labels(context, component, "")).filter(([key]) => !own.includes(key)),
  );
}
