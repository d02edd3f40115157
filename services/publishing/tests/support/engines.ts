import { readFileSync } from "node:fs";

/** The file that `tools/engines.ts` writes. */
interface Engines {
  readonly postgres: { readonly host: string; readonly port: number; readonly user: string };
  readonly kafka: { readonly bootstrapServers: string };
  readonly issuer: {
    readonly issuer: string;
    readonly jwksUrl: string;
    readonly audience: string;
    readonly tokenUrl: string;
  };
  readonly control: string;
}

const file = process.env.MARKETPLACE_ENGINES;
if (!file)
  throw new Error("MARKETPLACE_ENGINES: names no file; run `make test-engines`, which starts the engines");

export const engines = JSON.parse(readFileSync(file, "utf8")) as Engines;

/** Stops, kills or starts an engine that every test of this run shares: start it again whatever happens. */
export async function disturb(engine: "postgres" | "kafka", verb: "stop" | "kill" | "start"): Promise<void> {
  const response = await fetch(`${engines.control}/${engine}/${verb}`, { method: "POST" });
  if (!response.ok) throw new Error(`${engine} ${verb}: ${await response.text()}`);
}

export interface TokenRequest {
  readonly org: string;
  readonly roles: readonly string[];
  readonly sub?: string;
  readonly audience?: string;
  readonly ttlSeconds?: number;
  readonly alg?: "RS256" | "ES256";
}

export async function token(asked: TokenRequest): Promise<string> {
  const response = await fetch(engines.issuer.tokenUrl, { method: "POST", body: JSON.stringify(asked) });
  const { access_token } = (await response.json()) as { access_token: string };
  return access_token;
}
