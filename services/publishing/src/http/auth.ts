import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import type { OidcConfig } from "../config/config.ts";
import { type Actor, type Role, roles } from "../domain/access.ts";
import { Unavailable } from "../storage/unavailable.ts";
import { HttpProblem, unauthenticated } from "./problems.ts";

export type Authenticate = (authorization: string | undefined) => Promise<Actor>;

const leewaySeconds = 30;
const claims = z.object({
  sub: z.string().regex(/^[^\0]{1,200}$/),
  org: z.uuid().toLowerCase(),
  roles: z.array(z.string()).max(50),
  iat: z.number().optional(),
});

/** Why a token is not taken, in words that help its holder and say nothing of the keys. */
function refusal(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "the token has expired";
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the token's claim ${error.claim} is not accepted`;
  if (error instanceof errors.JOSEAlgNotAllowed)
    return "the token's algorithm is not accepted; RS256 and ES256 are";
  return "the token is not one of the accepted issuer";
}

/** Errors that are the issuer's or the network's, not the caller's. */
function isIssuersFault(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  // jose answers a status other than 200 with its plain error; a connection that fails ends in fetch's TypeError.
  return !(error instanceof errors.JOSEError) || error.code === "ERR_JOSE_GENERIC";
}

/** Verifies access tokens against the issuer's published keys. */
export function createAuthenticate(oidc: OidcConfig, keys: JWTVerifyGetKey = remoteKeys(oidc)): Authenticate {
  return async (authorization) => {
    const token = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) {
      throw new HttpProblem(unauthenticated("send an access token: Authorization: Bearer <JWT>"));
    }
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer: oidc.issuer,
        audience: oidc.audience,
        algorithms: ["RS256", "ES256"],
        clockTolerance: leewaySeconds,
        requiredClaims: ["exp", "sub", "org", "roles"],
      });
      if (protectedHeader.kid === undefined) throw new errors.JWKSNoMatchingKey();
      return actorOf(payload);
    } catch (error) {
      if (error instanceof HttpProblem) throw error;
      if (isIssuersFault(error)) throw new Unavailable("issuer", error);
      throw new HttpProblem(unauthenticated(refusal(error)));
    }
  };
}

function remoteKeys(oidc: OidcConfig): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(oidc.jwksUrl), {
    // An unknown key id renews the set at most this often.
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
    timeoutDuration: 3_000,
  });
}

function actorOf(payload: unknown): Actor {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) {
    const claim = String(parsed.error.issues[0]?.path[0]);
    throw new HttpProblem(unauthenticated(`the token's claim ${claim} is not accepted`));
  }
  const { sub, org, iat } = parsed.data;
  if (iat !== undefined && iat > Date.now() / 1000 + leewaySeconds) {
    throw new HttpProblem(unauthenticated("the token's claim iat is not accepted"));
  }
  const known = parsed.data.roles.filter((role): role is Role => (roles as readonly string[]).includes(role));
  return { subject: sub, orgId: org, roles: known };
}
