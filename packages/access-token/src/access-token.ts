import fastifyJwt from '@fastify/jwt';
import { Problem, unavailable } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { LRUCache } from 'lru-cache';
import { type AccessTokenClaims, checkClaims, requireUnexpired, TokenFault } from './claims.ts';
import { type KeySource, KeysUnavailable, KID_PATTERN } from './keys.ts';
import type { RevocationFeed } from './revocation-feed.ts';

/** Ours have 700 bytes; what is much longer was not made by us. */
const MAX_HEADER_LENGTH = 4_096;
/** Each about a kilobyte. A token that is pushed out is verified again. */
const CACHE_SIZE = 10_000;
/** RFC 6750 §2.1, RFC 7519 §3: the compact form of a signed token. */
const BEARER = /^Bearer [A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/i;

export interface AccessTokenOptions {
  issuer: string;
  audience: string;
  keys: KeySource;
  feed: RevocationFeed;
}

/** A token whose signature and claims are right; whether it is still good is asked anew for each request. */
export interface VerifiedToken {
  claims: AccessTokenClaims;
  scopes: ReadonlySet<string>;
  kid: string;
}

/** Synchronous for a token that was seen before, so that the hot path makes no promise. */
type Verify = (
  request: FastifyRequest,
  options?: { allowRevoked?: boolean },
) => VerifiedToken | Promise<VerifiedToken>;

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Verifies the Bearer token of a request. `allowRevoked` is for signing out, which may be repeated.
     *
     * Throws or rejects with a Problem: 401 when the token is at fault, 503 when nobody can tell.
     */
    verifyAccessToken: Verify;
  }
  interface FastifyRequest {
    /** Inside `authenticated`: the claims of the token that let the request in. */
    accessToken: AccessTokenClaims;
  }
}
declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: unknown;
  }
}

/**
 * Verification of access tokens (RFC 9068 §4): ES256 and nothing else, every claim, and on each request, whatever was
 * remembered, the time, the key, the epoch and the revocations.
 */
export const accessToken = fp<AccessTokenOptions>(
  async (app, { issuer, audience, keys, feed }) => {
    const verified = new LRUCache<string, VerifiedToken>({ max: CACHE_SIZE });

    await app.register(fastifyJwt, {
      secret: async (_request: FastifyRequest, token: unknown) => requireKey(keys, kidOf(token)),
      decode: { complete: true },
      verify: { algorithms: ['ES256'], checkTyp: 'at+jwt', allowedIss: issuer, allowedAud: audience },
    });

    async function verify(
      request: FastifyRequest,
      header: string,
      allowRevoked: boolean,
    ): Promise<VerifiedToken> {
      try {
        const payload = await request.jwtVerify<object>();
        const claims = checkClaims(payload, { issuer, audience }, nowSeconds());
        const kid = kidOf(app.jwt.decode(header.slice('Bearer '.length), { complete: true }));
        const token = { claims, kid, scopes: new Set(claims.scope.split(' ')) };
        verified.set(header, token);
        if (!allowRevoked) await requireLive(token);
        return token;
      } catch (error) {
        throw toProblem(error);
      }
    }

    /** DESIGN: after the cache, from memory alone. */
    function isLive(token: VerifiedToken): boolean {
      const { claims, kid } = token;
      return (
        nowSeconds() < claims.exp &&
        keys.has(kid) &&
        feed.isFresh() &&
        feed.epoch === claims.epoch &&
        !(feed.isRevoked(claims.sid) || feed.isRevoked(claims.jti) || feed.isRevoked(kid))
      );
    }

    /** The same, telling why not, and waiting once for what may be on its way. */
    async function requireLive({ claims, kid }: VerifiedToken): Promise<void> {
      requireUnexpired(claims, nowSeconds());
      await requireKey(keys, kid);
      requireFresh(feed);
      if (feed.epoch !== claims.epoch) {
        // the first sign-in of all has just made the epoch, and the feed is about to bring it
        await feed.nextRead();
        requireFresh(feed);
        if (feed.epoch === undefined) throw unavailable(new Error('Redis has no epoch'));
        if (feed.epoch !== claims.epoch) throw new TokenFault('The session store has lost this session.');
      }
      if (feed.isRevoked(claims.sid) || feed.isRevoked(claims.jti) || feed.isRevoked(kid)) {
        throw new TokenFault('The token was revoked.');
      }
    }

    app.decorateRequest('accessToken');
    app.decorate('verifyAccessToken', (request, { allowRevoked = false } = {}) => {
      const header = bearerOf(request);
      const known = verified.get(header);
      if (known !== undefined && !allowRevoked && isLive(known)) return known;
      return verify(request, header, allowRevoked);
    });
  },
  { name: 'access-token' },
);

const nowSeconds = () => Date.now() / 1_000;

/** RFC 6750 §2.1: in the header, and nowhere else. */
function bearerOf(request: FastifyRequest): string {
  const header = request.headers.authorization;
  if (header === undefined || !/^Bearer(?: |$)/i.test(header)) throw noToken();
  if (header.length > MAX_HEADER_LENGTH || !BEARER.test(header))
    throw invalidToken('The token is malformed.');
  return header;
}

function kidOf(token: unknown): string {
  const { header } = token as { header: { kid?: unknown } };
  if (typeof header.kid !== 'string' || !KID_PATTERN.test(header.kid)) {
    throw new TokenFault('The token names no key.');
  }
  return header.kid;
}

async function requireKey(keys: KeySource, kid: string): Promise<string> {
  const key = await keys.get(kid);
  if (key === undefined) throw new TokenFault('The token is signed with an unknown key.');
  return key;
}

function requireFresh(feed: RevocationFeed): void {
  if (!feed.isFresh()) throw unavailable(new Error('the revocation feed is stale'));
}

/**
 * Whatever @fastify/jwt and fast-jwt throw is the token's fault, for they are given nothing else that could fail:
 * they name a dozen errors for it, and some have no name at all.
 */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof KeysUnavailable) return unavailable(error);
  return invalidToken(error instanceof TokenFault ? error.message : 'The token is not valid.');
}

/** RFC 6750 §3.1. */
function invalidToken(detail: string): Problem {
  return new Problem(401, 'invalid_token', detail, {
    headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="${detail}"` },
  });
}

/** RFC 6750 §3: who sent no token is told no error, only what is needed. */
function noToken(): Problem {
  return new Problem(401, 'token_required', 'This needs an access token: Authorization: Bearer ….', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
