import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import { PROOF_ALGORITHM } from './dpop/proof.ts';
import { countOf } from './headers.ts';

/** The tokens of auth have about 700 bytes: a much longer one is not from auth. */
const MAX_TOKEN_LENGTH = 4_096;
/**
 * The compact form (RFC 7515 §7.1) with an ES256 signature, which has 64 bytes. Four bits of its last character carry no
 * data, and decoders ignore them. This pattern wants zeros there (RFC 4648 §3.5), so that 64 bytes have one spelling.
 *
 * A token has two spellings all the same. From a signature (r, s) an attacker can compute (r, n − s), which is valid too
 * (SEC 1 §4.1.4); RFC 7518 §3.4 allows both. So revocations and records go by the `jti` and `sid` of a token, never by
 * its text.
 */
const ES256_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]$/;

/**
 * Returns the Authorization header, the only place for a token: the query and the body (RFC 6750 §2.2, §2.3) are not
 * read. Refuses several such headers: Node silently keeps the first, and a proxy in front may have checked another.
 *
 * @throws {Problem} 401
 */
export function authorizationOf(request: FastifyRequest): string {
  const { authorization } = request.headers;
  if (authorization === undefined) throw tokenRequired();
  if (countOf(request, 'authorization') > 1)
    throw invalidToken('There is more than one Authorization header.');
  return authorization;
}

const BEARER = /^Bearer(?: |$)/i;
const DPOP = /^DPoP(?: |$)/i;
const SPACE = 0x20;

/** True for the scheme of a token that is bound to a key (RFC 9449 §7.1). */
export function isDpop(authorization: string): boolean {
  return DPOP.test(authorization);
}

/**
 * Returns the text after `Bearer` (RFC 6750 §2.1) or `DPoP` (RFC 9449 §7.1) and one or more spaces in an Authorization header.
 * The number of spaces and the case of the scheme make no difference. `requireForm` checks the form of the token.
 *
 * @throws {Problem} 401
 */
export function tokenOf(authorization: string, scheme: 'Bearer' | 'DPoP'): string {
  if (scheme === 'Bearer' && !BEARER.test(authorization)) throw tokenRequired();
  let start = scheme.length + 1;
  while (authorization.charCodeAt(start) === SPACE) start += 1;
  return authorization.slice(start);
}

/** @throws {Problem} 401 if the text cannot be an access token */
export function requireForm(token: string): void {
  if (token.length > MAX_TOKEN_LENGTH || !ES256_JWS.test(token)) {
    throw malformedToken();
  }
}

/** The refusal of a text that cannot be an access token of auth. */
export function malformedToken(): Problem {
  return invalidToken('The token is malformed.');
}

/**
 * The refusal of a client that acts for itself, at a route about the account of a user. RFC 6750 §3.1 has no code of its
 * own for the challenge.
 */
export function userRequired(): Problem {
  const detail = 'This request needs the access token of a user.';
  return new Problem(403, 'user_required', detail, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", error_description="${detail}"` },
  });
}

/** RFC 6750 §3: without a token the challenge names the schemes, but no error. */
export function tokenRequired(): Problem {
  return new Problem(401, 'token_required', 'Send an access token: Authorization: Bearer ….', {
    headers: { 'www-authenticate': `Bearer, DPoP algs="${PROOF_ALGORITHM}"` },
  });
}

/** RFC 6750 §3.1. `detail` goes into a quoted string: it must not have `"`, a backslash or text of the request. */
export function invalidToken(detail: string): Problem {
  return new Problem(401, 'invalid_token', detail, {
    headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="${detail}"` },
  });
}

/** The refusal of a bound token in the scheme Bearer (RFC 9449 §7.2). Its challenge names the right scheme too. */
export function boundToken(): Problem {
  const { code, message, statusCode, headers } = invalidToken(
    'The token is bound to a key: send it as DPoP, with a proof.',
  );
  const challenge = `${headers?.['www-authenticate']}, DPoP algs="${PROOF_ALGORITHM}"`;
  return new Problem(statusCode, code, message, { headers: { 'www-authenticate': challenge } });
}

/** RFC 6750 §3.1. */
export function insufficientScope(scope: string): Problem {
  return new Problem(
    403,
    'insufficient_scope',
    `This request needs an access token with the scope ${scope}.`,
    {
      headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
    },
  );
}

/** RFC 9728 §5.1: the metadata leads a client that knows only this resource to the issuer of its tokens. */
export function withResourceMetadata(refusal: Problem, url: string): Problem {
  return changeChallenges(refusal, (challenge) => {
    const separator = challenge.includes(' ') ? ', ' : ' ';
    return `${challenge}${separator}resource_metadata="${url}"`;
  });
}

/** The refusal of a request with the scheme DPoP (RFC 9449 §7.1). */
export function withDpopScheme(refusal: Problem): Problem {
  return changeChallenges(refusal, (challenge) =>
    challenge.startsWith('Bearer ')
      ? `${challenge.replace('Bearer', 'DPoP')}, algs="${PROOF_ALGORITHM}"`
      : challenge,
  );
}

/** A refusal has one challenge, or one for each scheme. */
function changeChallenges(refusal: Problem, change: (challenge: string) => string): Problem {
  const challenges = refusal.headers?.['www-authenticate'];
  if (challenges === undefined) return refusal;
  const changed = challenges.split(/, (?=DPoP )/).map(change);
  const headers = { ...refusal.headers, 'www-authenticate': changed.join(', ') };
  return new Problem(refusal.statusCode, refusal.code, refusal.message, { headers, cause: refusal.cause });
}
