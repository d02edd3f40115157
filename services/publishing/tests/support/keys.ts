import { generateKeyPairSync, sign } from "node:crypto";
import { signedBytes } from "../../src/domain/artefact.ts";

/** A publisher's key pair, and what it signs. */
export function publisher() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    publicKey: String(publicKey.export({ format: "jwk" }).x),
    sign: (claim: Parameters<typeof signedBytes>[0]) =>
      sign(null, signedBytes(claim), privateKey).toString("base64url"),
  };
}
