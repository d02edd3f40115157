import type { Authority } from "./authority.ts";
import type { ServerProcess } from "./process.ts";

/** What engines need that are entered as in production: over TLS, with a password or a certificate. */
export interface Security {
  readonly authority: Authority;
  /** Users beside the engines' own. */
  readonly users: readonly string[];
  /** A user's password, the same at every engine and at every call. */
  readonly password: (user: string) => string;
}

/** The name that certificates of engines are for; as an address, 127.0.0.1, they are not valid. */
export const secureHost = "localhost";

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

export interface EngineOptions {
  /** Gets every line that the server prints. */
  readonly log?: (line: string) => void;
  /** Where it is there, nobody enters the engine in another way. */
  readonly security?: Security;
}

/** Makes an engine whose files are in a folder of its own. */
export type StartEngine = (folder: string, options: EngineOptions) => Promise<Engine>;
