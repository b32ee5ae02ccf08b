import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';

/** Ours have 700 bytes; what is much longer was not made by us. */
const MAX_TOKEN_LENGTH = 4_096;
/**
 * The compact form (RFC 7515 §7.1) with a signature of ES256, which is 64 bytes. Four bits of its last character stand
 * for nothing, and decoders ignore them: with only zeros there (RFC 4648 §3.5) 64 bytes have one spelling.
 *
 * A token has two spellings all the same: of a signature (r, s) anybody can make (r, n − s), which is as good (SEC 1
 * §4.1.4), and RFC 7518 §3.4 does not choose one. So nothing here goes by the text of a token: it is revoked, and
 * recorded, by the `jti` and `sid` inside.
 */
const ES256_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]$/;

/**
 * The Authorization header: the one place for a token, and no token is looked for in the query or the body
 * (RFC 6750 §2.2, §2.3). Node keeps the first of several such headers and tells nobody; whoever stands before us may
 * have looked at another.
 *
 * @throws {Problem} 401
 */
export function authorizationOf(request: FastifyRequest): string {
  const { authorization } = request.headers;
  if (authorization === undefined) throw tokenRequired();
  const { rawHeaders } = request.raw;
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') count += 1;
  }
  if (count > 1) throw invalidToken('There is more than one Authorization header.');
  return authorization;
}

const BEARER = /^Bearer(?: |$)/i;
const SPACE = 0x20;

/**
 * What follows `Bearer` and one or more spaces (RFC 6750 §2.1) in an Authorization header: a token in one spelling, however
 * the header was written. Whether it has the form of one is for `requireForm`.
 *
 * @throws {Problem} 401
 */
export function bearerToken(authorization: string): string {
  if (!BEARER.test(authorization)) throw tokenRequired();
  let start = 'Bearer '.length;
  while (authorization.charCodeAt(start) === SPACE) start += 1;
  return authorization.slice(start);
}

/** @throws {Problem} 401 for what no access token looks like */
export function requireForm(token: string): void {
  if (token.length > MAX_TOKEN_LENGTH || !ES256_JWS.test(token)) {
    throw invalidToken('The token is malformed.');
  }
}

/** For what only a person has, of a client that came with a token of its own. */
export function userRequired(): Problem {
  return new Problem(403, 'user_required', 'This needs the access token of a user.');
}

/** RFC 6750 §3: who sent no token is told no error, only what is needed. */
export function tokenRequired(): Problem {
  return new Problem(401, 'token_required', 'This needs an access token: Authorization: Bearer ….', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}

/** RFC 6750 §3.1. `detail` stands in a quoted string: no `"`, no backslash, nothing from the request. */
export function invalidToken(detail: string): Problem {
  return new Problem(401, 'invalid_token', detail, {
    headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="${detail}"` },
  });
}

/** RFC 6750 §3.1. */
export function insufficientScope(scope: string): Problem {
  return new Problem(403, 'insufficient_scope', `This needs the scope ${scope}.`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}

/** RFC 9728 §5.1: where a client that knows nothing of this resource finds out who issues tokens for it. */
export function withResourceMetadata(refusal: Problem, url: string): Problem {
  const challenge = refusal.headers?.['www-authenticate'];
  if (challenge === undefined) return refusal;
  const separator = challenge.includes(' ') ? ', ' : ' ';
  const headers = {
    ...refusal.headers,
    'www-authenticate': `${challenge}${separator}resource_metadata="${url}"`,
  };
  return new Problem(refusal.statusCode, refusal.code, refusal.message, { headers, cause: refusal.cause });
}
