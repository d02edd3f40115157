import { createPublicKey, verify } from "node:crypto";

/** A public key with which an organisation signs what it uploads. */
export interface PublisherKey {
  readonly id: string;
  readonly orgId: string;
  readonly name: string;
  readonly algorithm: "ed25519";
  /** 32 bytes, base64url without padding. */
  readonly publicKey: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** What is known of an artefact: its bytes stay where the provider keeps them. */
export interface Artefact {
  readonly orgId: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly keyId: string;
  readonly signature: string;
  readonly createdAt: Date;
}

export type ArtefactClaim = Pick<Artefact, "orgId" | "sha256" | "sizeBytes" | "mediaType">;

/**
 * The bytes that a publisher signs: five lines, the last without a line feed. The first line keeps the signature from
 * meaning anything elsewhere, the second from being replayed by another tenant. No field can hold a line feed.
 */
export function signedBytes({ orgId, sha256, sizeBytes, mediaType }: ArtefactClaim): Buffer {
  return Buffer.from(["llm-marketplace/artefact/v1", orgId, sha256, `${sizeBytes}`, mediaType].join("\n"));
}

/** Whether the signature (64 bytes, base64url) is the key's over the claim. Never throws. */
export function isSignedBy(key: PublisherKey, claim: ArtefactClaim, signature: string): boolean {
  try {
    const jwk = { kty: "OKP", crv: "Ed25519", x: key.publicKey };
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    return verify(null, signedBytes(claim), publicKey, Buffer.from(signature, "base64url"));
  } catch {
    // OpenSSL throws at some points that are none of the curve's: such a key has signed nothing.
    return false;
  }
}

/** One spelling per key: the last of 43 characters has bits that mean nothing. */
export function normalisedKey(publicKey: string): string {
  return Buffer.from(publicKey, "base64url").toString("base64url");
}

export function sameArtefact(a: ArtefactClaim, b: ArtefactClaim): boolean {
  return a.sizeBytes === b.sizeBytes && a.mediaType === b.mediaType;
}
