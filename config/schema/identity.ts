import { z } from "zod";
import { text } from "./common.ts";

/** Reached over the internet on port 443: what the services' network policy and the mesh open. */
const publicUrl = text(
  /^https:\/\/([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(\/[A-Za-z0-9._~-]+)*\/?$/,
  "an https URL with a public host name and no port, query or fragment, such as https://identity.example.com",
);

export const identity = z.strictObject({
  issuer: publicUrl.describe(
    "OpenID Connect issuer of the callers' access tokens, to the letter of their claim iss.",
  ),
  audience: text(/^[\x21-\x7e]{1,200}$/, "1 to 200 visible ASCII characters without a space").describe(
    "What the claim aud of an access token must contain.",
  ),
  jwksUrl: publicUrl
    .optional()
    .describe("Where the issuer publishes its keys; absent: <issuer>/.well-known/jwks.json."),
});
export type IdentityConfig = z.infer<typeof identity>;
