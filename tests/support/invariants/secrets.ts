/** No secret in clear: neither in an argument, nor as a part of another value. */
import { isSecret, plain } from "../../../simulator/properties.ts";
import { type Invariant, label, members } from "./invariant.ts";

/** Names of members that hold a secret themselves, as opposed to a reference to one. */
const secretName =
  /(^|[a-z_-])(password|passphrase|secretAccessKey|privateKey|apiKey|authToken|clientSecret)$/i;

/** A value that only names where the secret comes from: a template's field, an environment variable. */
const isReference = (text: string) => /^(\{\{[^{}]+\}\}|\$\{[^{}]+\}|\$\([^()]+\))$/.test(text);

/**
 * Outputs that repeat what the program treats as secret although nothing in it is: the kubeconfig of EKS names a
 * command that fetches a token, and the plugin does not mark it.
 */
const repeated: ReadonlySet<string> = new Set(["eks:index:Cluster outputs.kubeconfigJson"]);

/** Strings shorter than this say nothing when they are found elsewhere. */
const shortest = 8;

function secretStrings(value: unknown, into: Set<string>): void {
  if (isSecret(value)) {
    for (const [, inner] of members({ value: plain(value.value) })) {
      if (typeof inner === "string" && inner.length >= shortest) into.add(inner);
    }
  } else if (value !== null && typeof value === "object") {
    for (const inner of Object.values(value)) secretStrings(inner, into);
  }
}

/** Every string that is not inside a secret, with its path. */
function* clearStrings(value: unknown, path: readonly string[] = []): Generator<[readonly string[], string]> {
  if (isSecret(value)) return;
  if (typeof value === "string") yield [path, value];
  else if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) yield* clearStrings(inner, [...path, key]);
  }
}

export const noSecretInClear: Invariant = {
  title: "no secret stands in clear",
  violations: (plan) => {
    const secrets = new Set<string>();
    for (const { inputs, outputs } of plan.resources) secretStrings({ inputs, outputs }, secrets);
    secretStrings(plan.outputs, secrets);
    const found = plan.resources.flatMap((resource) => {
      const { inputs, outputs } = resource;
      const isSecretObject = resource.type === "kubernetes:core/v1:Secret";
      return [...clearStrings({ inputs, outputs })].flatMap(([path, text]) => {
        const where = `${label(resource)} has at ${path.join(".")}`;
        if (repeated.has(`${resource.type} ${path.join(".")}`)) return [];
        if ([...secrets].some((secret) => text.includes(secret))) return [`${where} the value of a secret`];
        if (isSecretObject && (path[1] === "data" || path[1] === "stringData"))
          return [`${where} data in clear`];
        return secretName.test(path.at(-1) ?? "") && text !== "" && !isReference(text)
          ? [`${where} what looks like a secret`]
          : [];
      });
    });
    const exported = [...clearStrings(plan.outputs)].filter(([, text]) =>
      [...secrets].some((secret) => text.includes(secret)),
    );
    return [
      ...found,
      ...exported.map(([path]) => `the stack output ${path.join(".")} has the value of a secret`),
    ];
  },
};
