import type { Kind } from "./listing.ts";
import { Refusal } from "./refusal.ts";

export interface Endpoint {
  readonly url: string;
  readonly protocol: "openai-chat" | "echo";
  readonly model: string;
  readonly timeoutSeconds: number;
}

export interface Pricing {
  readonly inputUsdMicrosPerThousandTokens: number;
  readonly outputUsdMicrosPerThousandTokens: number;
}

export interface ReleaseArtefact {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
}

export interface Release {
  /** Semantic version, `1.4.0`. */
  readonly number: string;
  readonly notes: string;
  readonly createdAt: Date;
  /** Null until the listing's review is passed. */
  readonly publishedAt: Date | null;
  readonly endpoint: Endpoint | null;
  readonly pricing: Pricing;
  readonly artefact: ReleaseArtefact | null;
}

export function parts(number: string): [number, number, number] {
  const [major = 0, minor = 0, patch = 0] = number.split(".").map(Number);
  return [major, minor, patch];
}

/** Positive where `a` is the newer one. */
export function compare(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

export interface ReleaseRules {
  readonly kind: Kind;
  /** The newest number that the listing has, published or not. */
  readonly newest: string | null;
  /** Whether consumption's built-in echo provider may be named: not in production. */
  readonly echoAllowed: boolean;
}

/** @throws Refusal where the release does not suit the listing. */
export function checkRelease(
  release: Pick<Release, "number" | "endpoint" | "artefact">,
  rules: ReleaseRules,
): void {
  const { number, endpoint, artefact } = release;
  if (rules.newest !== null && compare(number, rules.newest) <= 0) {
    throw new Refusal("release-not-newer", `${number} is not newer than ${rules.newest}, the newest release`);
  }
  if (rules.kind === "model" && endpoint === null) {
    throw new Refusal("release-not-fitting", "a model's release needs an endpoint");
  }
  if (rules.kind === "prompt" && (endpoint !== null || artefact === null)) {
    throw new Refusal("release-not-fitting", "a prompt's release has an artefact and no endpoint");
  }
  if (endpoint?.protocol === "echo" && !rules.echoAllowed) {
    throw new Refusal(
      "endpoint-not-allowed",
      "the echo provider is not for production; name an https endpoint",
    );
  }
}
