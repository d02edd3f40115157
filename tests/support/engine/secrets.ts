/** The secret texts of a graph, to look for them where they must not be. */
import { isSecret, plain } from "../../../simulator/properties.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";

/** Shorter ones could be anywhere by chance. */
const shortestText = 12;

/** Every text inside a secret argument or output, as it would stand in a JSON file. */
export function secretTexts(resources: readonly Pick<RecordedResource, "inputs" | "outputs">[]): string[] {
  const texts = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === "string") texts.add(jsonText(value));
    else if (value !== null && typeof value === "object") Object.values(value).forEach(collect);
  };
  const search = (value: unknown): void => {
    if (isSecret(value)) collect(plain(value.value));
    else if (value !== null && typeof value === "object") Object.values(value).forEach(search);
  };
  for (const { inputs, outputs } of resources) [inputs, outputs].forEach(search);
  return [...texts].filter((text) => text.length >= shortestText);
}

/** A text as it stands between quotes in a JSON file. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value ?? "").slice(1, -1);
}
