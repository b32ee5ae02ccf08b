import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ACCESS_TOKEN_LIFETIME_SECONDS } from './contract.ts';
import { KID_PATTERN } from './keys.ts';

/** How far the clock of auth may be ahead of ours. */
const MAX_CLOCK_LEAD_SECONDS = 5;

const Id = Type.String({ minLength: 1, maxLength: 256 });
const Seconds = Type.Integer({ minimum: 0, maximum: 2 ** 40 });

/** RFC 9068 §2.2, every claim required, beside those of ours: the session, and the epoch of its store. */
export const AccessTokenClaimsSchema = Type.Object({
  iss: Id,
  sub: Id,
  aud: Id,
  client_id: Id,
  iat: Seconds,
  exp: Seconds,
  jti: Id,
  /** The session: what logout revokes. A client that acts for itself has none. */
  sid: Type.Optional(Id),
  /** Scopes, separated by spaces (RFC 6749 §3.3). */
  scope: Type.String({ maxLength: 1_000 }),
  /** Names the data of the Redis that the session is in: when that is lost, its tokens are not valid any more. */
  epoch: Id,
});
export type AccessTokenClaims = Static<typeof AccessTokenClaimsSchema>;

const shape = Compile(AccessTokenClaimsSchema);

/** Why a token is not accepted: `invalid_token` (RFC 6750 §3.1), in words that give nothing away. */
export class TokenFault extends Error {}

/**
 * The `kid` of a decoded token. An extension that must be understood (`crit`, RFC 7515 §4.1.11) is not: none is here.
 *
 * @throws {TokenFault}
 */
export function signingKeyId(token: unknown): string {
  const { header } = token as { header: { kid?: unknown; crit?: unknown } };
  if (header.crit !== undefined) throw new TokenFault('The token has an extension that is not known here.');
  if (typeof header.kid !== 'string' || !KID_PATTERN.test(header.kid)) {
    throw new TokenFault('The token names no key.');
  }
  return header.kid;
}

/**
 * What fast-jwt leaves unchecked: it looks at a claim only where there is one, takes lists, and lets a token live as
 * long as it says.
 *
 * @throws {TokenFault}
 */
export function checkClaims(
  payload: unknown,
  expected: { issuer: string; audience: string },
  nowSeconds: number,
): AccessTokenClaims {
  const claims = requireClaims(payload);
  requireSession(claims);
  requireIssuer(claims, expected.issuer);
  requireAudience(claims, expected.audience);
  requireUnexpired(claims, nowSeconds);
  requireIssuedBeforeNow(claims, nowSeconds);
  requireShortLife(claims);
  return claims;
}

/** RFC 9068 §2.2. */
function requireClaims(payload: unknown): AccessTokenClaims {
  if (!shape.Check(payload)) throw new TokenFault('The token lacks a claim, or has one of a wrong type.');
  return payload;
}

/** A user's token belongs to a session; only that of a client for itself (RFC 9068 §2.2: `sub` is its id) to none. */
function requireSession(claims: AccessTokenClaims): void {
  if (claims.sid === undefined && claims.sub !== claims.client_id) {
    throw new TokenFault('The token belongs to no session.');
  }
}

/** RFC 9068 §4: `iss` must exactly match. */
function requireIssuer(claims: AccessTokenClaims, issuer: string): void {
  if (claims.iss !== issuer) throw new TokenFault('The token is from another issuer.');
}

/** RFC 9068 §4, RFC 8725 §3.9: a token for somebody else is not for us. */
function requireAudience(claims: AccessTokenClaims, audience: string): void {
  if (claims.aud !== audience) throw new TokenFault('The token is for another audience.');
}

/** RFC 7519 §4.1.4: not on or after `exp`, without leeway. */
export function requireUnexpired(claims: AccessTokenClaims, nowSeconds: number): void {
  if (nowSeconds >= claims.exp) throw new TokenFault('The token has expired.');
}

/** A token from the future would outlive what revokes it. */
function requireIssuedBeforeNow(claims: AccessTokenClaims, nowSeconds: number): void {
  if (claims.iat > nowSeconds + MAX_CLOCK_LEAD_SECONDS)
    throw new TokenFault('The token was issued in the future.');
}

/** A revocation is kept as long as a token can live: one that lives longer would come back. */
function requireShortLife(claims: AccessTokenClaims): void {
  if (claims.exp - claims.iat > ACCESS_TOKEN_LIFETIME_SECONDS)
    throw new TokenFault('The token lives too long.');
}
