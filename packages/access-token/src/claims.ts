import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ACCESS_TOKEN_LIFETIME_SECONDS } from './contract.ts';
import { KID_PATTERN } from './keys.ts';

/** The clock of auth may be ahead of the clock of this process by so much. */
const MAX_CLOCK_LEAD_SECONDS = 5;

const Id = Type.String({ minLength: 1, maxLength: 256 });
const Seconds = Type.Integer({ minimum: 0, maximum: 2 ** 40 });

/** All claims of RFC 9068 §2.2 are required. Two are our own: the session, and the epoch of its store. */
export const AccessTokenClaimsSchema = Type.Object({
  iss: Id,
  sub: Id,
  aud: Id,
  client_id: Id,
  iat: Seconds,
  exp: Seconds,
  jti: Id,
  /** The session, which logout revokes. A client that acts for itself has none. */
  sid: Type.Optional(Id),
  /** Scopes, separated by spaces (RFC 6749 §3.3). */
  scope: Type.String({ maxLength: 1_000 }),
  /** The thumbprint of the key that the token is bound to (RFC 9449 §6.1). */
  cnf: Type.Optional(Type.Object({ jkt: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) })),
  /** Names the data of Redis, which has the session. When Redis loses its data, tokens of the old epoch are invalid. */
  epoch: Id,
});
export type AccessTokenClaims = Static<typeof AccessTokenClaimsSchema>;

const shape = Compile(AccessTokenClaimsSchema);

/** The reason why a token is refused: the description of `invalid_token` (RFC 6750 §3.1). Reveals no secret. */
export class TokenFault extends Error {}

/**
 * Returns the `kid` of a decoded token. Refuses critical extensions (`crit`, RFC 7515 §4.1.11): this service supports none.
 *
 * @throws {TokenFault}
 */
export function signingKeyId(token: unknown): string {
  const { header } = token as { header: { kid?: unknown; crit?: unknown } };
  if (header.crit !== undefined) throw new TokenFault('The token has an unsupported critical extension.');
  if (typeof header.kid !== 'string' || !KID_PATTERN.test(header.kid)) {
    throw new TokenFault('The token has no valid key id.');
  }
  return header.kid;
}

/**
 * Checks what fast-jwt does not: it checks only claims that are present, accepts a list of issuers or audiences, and sets
 * no limit to the lifetime.
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

/** Only the token of a client that acts for itself (RFC 9068 §2.2: `sub` is the client's id) belongs to no session. */
function requireSession(claims: AccessTokenClaims): void {
  if (claims.sid === undefined && claims.sub !== claims.client_id) {
    throw new TokenFault('The token belongs to no session.');
  }
}

/** RFC 9068 §4: `iss` must exactly match. */
function requireIssuer(claims: AccessTokenClaims, issuer: string): void {
  if (claims.iss !== issuer) throw new TokenFault('The token is from another issuer.');
}

/** RFC 9068 §4, RFC 8725 §3.9: another service must not be able to use the tokens that it gets at this one. */
function requireAudience(claims: AccessTokenClaims, audience: string): void {
  if (claims.aud !== audience) throw new TokenFault('The token is for another audience.');
}

/** RFC 7519 §4.1.4: not on or after `exp`, without leeway. */
export function requireUnexpired(claims: AccessTokenClaims, nowSeconds: number): void {
  if (nowSeconds >= claims.exp) throw new TokenFault('The token has expired.');
}

/** A token from the future would outlive its revocation. */
function requireIssuedBeforeNow(claims: AccessTokenClaims, nowSeconds: number): void {
  if (claims.iat > nowSeconds + MAX_CLOCK_LEAD_SECONDS)
    throw new TokenFault('The token was issued in the future.');
}

/** The feed keeps a revocation for the lifetime of a token: a longer-lived token would become valid again. */
function requireShortLife(claims: AccessTokenClaims): void {
  if (claims.exp - claims.iat > ACCESS_TOKEN_LIFETIME_SECONDS)
    throw new TokenFault('The lifetime of the token is too long.');
}
