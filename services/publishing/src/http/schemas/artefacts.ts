import { Type } from "typebox";
import { lineOf, moment, nullable, reference, strict, uuid } from "./common.ts";

const sha256 = Type.String({
  pattern: "^[0-9a-f]{64}$",
  description: "SHA-256 of the artefact's bytes, hex.",
});
const mediaType = Type.String({
  maxLength: 127,
  pattern: "^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$",
});
const sizeBytes = Type.Integer({ minimum: 1, maximum: 1_099_511_627_776 });
const signature = Type.String({
  pattern: "^[A-Za-z0-9_-]{86}$",
  description:
    "Ed25519 over `llm-marketplace/artefact/v1`, organisation, sha256, sizeBytes and mediaType, one a line; base64url.",
});
const publicKey = Type.String({
  pattern: "^[A-Za-z0-9_-]{43}$",
  description: "The 32 bytes of an Ed25519 public key (`x` of its JWK), base64url.",
});

export const NewKey = Type.Object(
  { name: lineOf(1, 100), algorithm: Type.Literal("ed25519"), publicKey },
  {
    ...strict,
    examples: [
      {
        name: "build server",
        algorithm: "ed25519",
        publicKey: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      },
    ],
  },
);

export const PublisherKey = Type.Object(
  {
    id: uuid(),
    name: Type.String(),
    algorithm: Type.Literal("ed25519"),
    publicKey: Type.String(),
    createdAt: moment(),
    revokedAt: nullable(moment()),
  },
  { ...strict, $id: "PublisherKey" },
);

export const KeyList = Type.Object({ items: Type.Array(reference("PublisherKey")) }, strict);

export const NewArtefact = Type.Object({ sha256, sizeBytes, mediaType, keyId: uuid(), signature }, strict);

export const Artefact = Type.Object(
  {
    sha256,
    sizeBytes,
    mediaType: Type.String(),
    keyId: uuid(),
    signature: Type.String(),
    createdAt: moment(),
  },
  { ...strict, $id: "Artefact" },
);

export const artefactParams = Type.Object({ sha256 });
export const keyParams = Type.Object({ keyId: uuid("The key's id.") });

export const AuditEntry = Type.Object(
  {
    id: Type.String(),
    at: moment(),
    orgId: uuid(),
    listingId: nullable(uuid()),
    actor: Type.String({ description: "`sub` of who did it." }),
    action: Type.String(),
    before: Type.Unknown({ description: "The object before; null where there was none." }),
    after: Type.Unknown({ description: "The object after." }),
    traceId: nullable(Type.String()),
  },
  { ...strict, $id: "AuditEntry" },
);
