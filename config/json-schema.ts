import { branches, type SchemaNode, sectionNames } from "./schema-tree.ts";
import { project } from "./stack-file.ts";

/** What a stack file must say itself; everything else has a default. */
const required = ["cloud", "environment", "owner", "costCentre", "domain", "identity"];

const text = (description: string) => ({ type: "string", description });

/**
 * JSON Schema (2020-12) of a whole Pulumi stack file, for editors. Inside a section nothing is required, because
 * the environment's defaults fill what is missing; unknown keys are refused.
 */
export function stackFileSchema(): Record<string, unknown> {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Stack file of the LLM marketplace",
    type: "object",
    additionalProperties: false,
    required: ["config"],
    properties: {
      secretsprovider: text("Key that encrypts the stack's secrets, or passphrase."),
      encryptedkey: text("Data key, encrypted by the secrets provider. Pulumi writes it."),
      encryptionsalt: text("Salt of the passphrase. Pulumi writes it."),
      environment: { description: "Pulumi ESC environments; only with Pulumi Cloud as backend." },
      config: {
        type: "object",
        additionalProperties: false,
        required: required.map((name) => `${project}:${name}`),
        properties: Object.fromEntries(sectionNames.map((name) => [`${project}:${name}`, section(name)])),
        patternProperties: { "^pulumi:": {} },
      },
    },
  };
}

function section(name: string): SchemaNode {
  const nodes = branches.flatMap((branch) => branch.properties?.[name] ?? []);
  const constants = nodes.flatMap((node) => node.const ?? []);
  const [first = {}] = nodes;
  return constants.length > 0 ? { type: "string", enum: constants } : optional(first);
}

/** The node with nothing required, except inside lists, whose entries have no defaults. */
function optional(node: SchemaNode): SchemaNode {
  const { required: _required, ...rest } = node;
  const each = (nodes: readonly SchemaNode[]) => nodes.map(optional);
  return {
    ...rest,
    ...(node.properties
      ? {
          properties: Object.fromEntries(
            Object.entries(node.properties).map(([key, child]) => [key, optional(child)]),
          ),
        }
      : {}),
    ...(typeof node.additionalProperties === "object"
      ? { additionalProperties: optional(node.additionalProperties) }
      : {}),
    // Without `mode` a part fits several branches, so oneOf would refuse it.
    ...(node.oneOf ? { oneOf: undefined, anyOf: each(node.oneOf) } : {}),
  };
}
