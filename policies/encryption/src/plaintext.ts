import { isObject, isUnknown, member } from "../../shared/value.ts";

/** Why a text looks like a secret, where it does. */
export interface Suspicion {
  readonly path: string;
  /** The kind, never the text. Undefined where the value is unknown. */
  readonly kind: string | undefined;
}

/** Texts that are secrets whatever they are called. */
const shapes: readonly (readonly [kind: string, shape: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  // The same in base64, at each of the three offsets that «PRIVATE KEY» can have.
  ["a private key", /UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW/],
  ["an AWS access key", /\b(AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a GitHub token", /\bgh[opsur]_[A-Za-z0-9]{36,}\b/],
  ["a Slack token", /\bxox[abprs]-[A-Za-z0-9-]{10,}/],
  ["a Slack webhook", /hooks\.slack\.com\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]+/],
  ["an API key", /\bsk-[A-Za-z0-9_-]{20,}\b/],
  ["a signed token", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./],
  ["an address with a password", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:(?![${<(%])[^\s/@]{3,}@/],
];

const secretWords = new Set([
  "password",
  "passwd",
  "pwd",
  "passphrase",
  "token",
  "credential",
  "credentials",
]);
const secretPairs = new Set([
  "api key",
  "access key",
  "private key",
  "secret key",
  "signing key",
  "client secret",
  "auth key",
  "key data",
]);
/** Words that make a name suspicious only if its text looks random: `existingSecret: grafana` names an object. */
const looseWords = new Set(["secret", "secrets", "key", "auth", "apikey", "accesskey", "secretkey"]);

/** What comes from somewhere else: variables, templates, files, addresses, identifiers, switches. */
const references =
  /^(\$|\{\{|<|%|\/|\.\/|arn:|projects\/|[a-z][a-z0-9+.-]*:\/\/|true$|false$|null$|none$|\d+(\.\d+)?$)/i;

/** The words of a name: `clientSecret`, `CLIENT_SECRET` and `client-secret` are two. */
function words(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

function nameStrength(name: string): "strong" | "loose" | undefined {
  const all = words(name);
  const last = all.at(-1) ?? "";
  if (secretWords.has(last) || secretPairs.has(all.slice(-2).join(" "))) return "strong";
  return looseWords.has(last) ? "loose" : undefined;
}

/** Bits a character, by Shannon: 0 for one repeated letter, about 4 for random hexadecimal, 6 for random base64. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts.values()].reduce(
    (sum, count) => sum - (count / text.length) * Math.log2(count / text.length),
    0,
  );
}

/** The kind of secret that a named text looks like, or undefined. */
export function kindOfSecret(name: string, text: string, minimumEntropy: number): string | undefined {
  const shape = shapes.find(([, pattern]) => pattern.test(text));
  if (shape) return shape[0];
  const strength = nameStrength(name);
  const value = text.trim();
  if (strength === undefined || value === "" || references.test(value) || /\s/.test(value)) return undefined;
  if (strength === "strong") return "a literal text under the name of a secret";
  const isRandom =
    value.length >= 16 && entropy(value) >= minimumEntropy && /[0-9]/.test(value) && /[a-z]/i.test(value);
  return isRandom ? "a random text under the name of a secret" : undefined;
}

/** Every text inside a value that looks like a secret, with its path. Lists of `{ name, value }` count as named. */
export function suspicions(value: unknown, path: string, name: string, minimumEntropy: number): Suspicion[] {
  if (isUnknown(value)) return nameStrength(name) === "strong" ? [{ path, kind: undefined }] : [];
  if (typeof value === "string") {
    const kind = kindInText(name, value, minimumEntropy);
    return kind === undefined ? [] : [{ path, kind }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((one, index) => suspicions(one, member(path, index), name, minimumEntropy));
  }
  if (!isObject(value)) return [];
  const named = typeof value.name === "string" && "value" in value ? value.name : undefined;
  return Object.entries(value).flatMap(([key, one]) =>
    suspicions(one, member(path, key), named !== undefined && key === "value" ? named : key, minimumEntropy),
  );
}

/** A text may be a whole file: its lines of the form `name: value` and `name = value` are looked at one by one. */
function kindInText(name: string, text: string, minimumEntropy: number): string | undefined {
  const whole = kindOfSecret(name, text, minimumEntropy);
  if (whole !== undefined) return whole;
  for (const line of text.split(/[\n,{}]/)) {
    const parts =
      /^\s*(?:export\s+|-\s+)?["']?([A-Za-z_][\w.-]*)["']?\s*[:=]\s*["']?([^"'\s]+)["']?\s*$/.exec(line);
    const kind =
      parts && text.length > (parts[2]?.length ?? 0)
        ? kindOfSecret(parts[1] ?? "", parts[2] ?? "", minimumEntropy)
        : undefined;
    if (kind !== undefined) return kind;
  }
  return undefined;
}
