import type { ServerProcess } from "./process.ts";

/** An engine of the services' tests: a real server, or the issuer of tokens. */
export interface Engine {
  readonly name: EngineName;
  /** What clients need to know of it; the entry of that name in the file of addresses. */
  readonly address: Readonly<Record<string, string | number | null>>;
  /** The server, for whoever stops and starts it in a test; undefined for what runs in this process. */
  readonly server: ServerProcess | undefined;
  readonly stop: () => Promise<void>;
}

export const engineNames = ["postgres", "redis", "kafka", "elasticsearch", "issuer"] as const;
export type EngineName = (typeof engineNames)[number];

/** Makes an engine whose files are in a folder of its own; what the server prints goes to `log`. */
export type StartEngine = (folder: string, log: (line: string) => void) => Promise<Engine>;
