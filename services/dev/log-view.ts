/** Log lines of several services as one view for people: time, service, level, message, then the rest. */
const colours = ["36", "35", "33", "34", "32", "31"] as const;
const levelColours: Readonly<Record<string, string>> = { warn: "33", error: "31" };
/** Fields that the line shows in a place of their own, or that are the same for every line of a service. */
const shown = new Set(["timestamp", "level", "message", "service", "version"]);

export interface LogView {
  line(service: string, text: string): string;
}

/** A view for a terminal (`colour`) or for a file. `services` decides the width of the column and the colours. */
export function logView(services: readonly string[], colour: boolean): LogView {
  const width = Math.max(...services.map((name) => name.length));
  const paint = (code: string | undefined, text: string) =>
    colour && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text;
  return {
    line(service, text) {
      const name = paint(colours[services.indexOf(service) % colours.length], service.padEnd(width));
      const entry = parse(text);
      if (entry === undefined) return `${name} ${text}`;
      const level = `${entry.level ?? ""}`;
      const time = clock(entry.timestamp);
      const rest = Object.entries(entry)
        .filter(([key]) => !shown.has(key))
        .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
      return [time, name, paint(levelColours[level], level.padEnd(5)), entry.message, ...rest].join(" ");
    },
  };
}

/** Time of day to the millisecond, however many digits the service writes; empty where it is no time. */
function clock(timestamp: unknown): string {
  const moment = new Date(`${timestamp}`);
  return Number.isNaN(moment.getTime()) ? "" : moment.toISOString().slice(11, 23);
}

function parse(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
