import fastifyJwt from '@fastify/jwt';
import { Problem, unavailable } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { LRUCache } from 'lru-cache';
import { authorizationOf, bearerToken, invalidToken, requireForm, withResourceMetadata } from './bearer.ts';
import { type AccessTokenClaims, checkClaims, requireUnexpired, signingKeyId, TokenFault } from './claims.ts';
import type { KeySource } from './keys.ts';
import type { RevocationFeed } from './revocation-feed.ts';

/** Each about a kilobyte. A token that is pushed out is verified again. */
const CACHE_SIZE = 10_000;

export interface AccessTokenOptions {
  issuer: string;
  audience: string;
  keys: KeySource;
  /** The URL of the metadata of the protected resource (RFC 9728), for whoever is refused. */
  resourceMetadata?: string;
}

/** A token whose signature and claims are right; whether it is still good is asked anew for each request. */
export interface VerifiedToken {
  claims: Readonly<AccessTokenClaims>;
  scopes: ReadonlySet<string>;
  kid: string;
}

/** Synchronous for a token that was seen before, so that the hot path makes no promise. */
type Verify = (
  request: FastifyRequest,
  options?: { allowRevoked?: boolean; token?: string },
) => VerifiedToken | Promise<VerifiedToken>;

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Verifies the Bearer token of a request.
     *
     * `allowRevoked` is for signing out, which may be repeated: it takes the token of a session that has ended. It refuses a
     * token that was revoked alone, because its session goes on, and one that is signed with a revoked key, because anybody
     * may have made it. `token` is for a request that presents one elsewhere, to revoke it or to ask about it.
     *
     * Throws or rejects with a Problem: 401 when the token is at fault, 503 when nobody can tell.
     */
    verifyAccessToken: Verify;
    /** A refusal with the challenge that this resource sends along. */
    challenge(refusal: Problem): Problem;
  }
  interface FastifyRequest {
    /** Inside `withScope` and `asUser`: the claims of the token that let the request in. */
    claims: Readonly<AccessTokenClaims>;
    /** What @fastify/jwt verifies. */
    presentedToken: string;
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
  async (app, { issuer, audience, keys, resourceMetadata }) => {
    const feed = app.revocationFeed;
    const verified = new LRUCache<string, VerifiedToken>({ max: CACHE_SIZE });

    await app.register(fastifyJwt, {
      secret: async (_request: FastifyRequest, token: unknown) => requireKey(keys, signingKeyId(token)),
      decode: { complete: true },
      verify: {
        algorithms: ['ES256'],
        checkTyp: 'at+jwt',
        allowedIss: issuer,
        allowedAud: audience,
        extractToken: (request) => request.presentedToken,
      },
    });
    app.decorate('challenge', (refusal) =>
      resourceMetadata === undefined ? refusal : withResourceMetadata(refusal, resourceMetadata),
    );
    app.decorateRequest('claims');
    app.decorateRequest('presentedToken', '');

    app.decorate('verifyAccessToken', (request, options) => {
      const token = options?.token ?? presentedBy(request);
      const known = verified.get(token);
      if (known !== undefined && isLive(known)) return known;
      return admit(request, token, options?.allowRevoked === true);
    });

    /** From memory alone, and on every request: the cache decides nothing that can change. */
    function isLive({ claims, kid }: VerifiedToken): boolean {
      return (
        nowSeconds() < claims.exp &&
        keys.has(kid) &&
        feed.isFresh() &&
        feed.epoch === claims.epoch &&
        !isRevoked(claims, kid)
      );
    }

    /** The same, telling why not, and waiting for what may be on its way. */
    async function admit(
      request: FastifyRequest,
      presented: string,
      allowRevoked: boolean,
    ): Promise<VerifiedToken> {
      try {
        const token = verified.get(presented) ?? (await verify(request, presented));
        requireUnexpired(token.claims, nowSeconds());
        await requireKey(keys, token.kid);
        requireUnrevokedKey(token.kid);
        if (allowRevoked) requireNotRevokedAlone(token);
        else await requireUnrevoked(token);
        return token;
      } catch (error) {
        throw app.challenge(toProblem(error));
      }
    }

    function presentedBy(request: FastifyRequest): string {
      try {
        return bearerToken(authorizationOf(request));
      } catch (error) {
        throw app.challenge(toProblem(error));
      }
    }

    async function verify(request: FastifyRequest, presented: string): Promise<VerifiedToken> {
      requireForm(presented);
      request.presentedToken = presented;
      const claims = checkClaims(await request.jwtVerify<object>(), { issuer, audience }, nowSeconds());
      const kid = signingKeyId(app.jwt.decode(presented, { complete: true }));
      // one object for all the requests that the token will make
      const token = { claims: Object.freeze(claims), kid, scopes: new Set(claims.scope.split(' ')) };
      verified.set(presented, token);
      return token;
    }

    /** As far as is known: a feed that is stale does not forget. */
    function requireUnrevokedKey(kid: string): void {
      if (feed.isRevoked(kid)) throw new TokenFault('The token is signed with a revoked key.');
    }

    /** As far as is known too. Without a session there is nothing that would have to go on. */
    function requireNotRevokedAlone({ claims }: VerifiedToken): void {
      if (claims.sid !== undefined && feed.isRevoked(claims.jti))
        throw new TokenFault('The token was revoked.');
    }

    async function requireUnrevoked({ claims, kid }: VerifiedToken): Promise<void> {
      await feed.firstRead();
      requireFresh(feed);
      if (feed.epoch !== claims.epoch) {
        // the first sign-in of all has just made the epoch, and the feed is about to bring it
        await feed.nextRead().catch((cause) => {
          throw unavailable(cause);
        });
        if (feed.epoch === undefined) throw unavailable(new Error('Redis has no epoch'));
        if (feed.epoch !== claims.epoch) throw new TokenFault('The session store has lost this session.');
      }
      if (isRevoked(claims, kid)) throw new TokenFault('The token was revoked.');
    }

    function isRevoked(claims: AccessTokenClaims, kid: string): boolean {
      return (
        (claims.sid !== undefined && feed.isRevoked(claims.sid)) ||
        feed.isRevoked(claims.jti) ||
        feed.isRevoked(kid)
      );
    }
  },
  { name: 'access-token', dependencies: ['revocation-feed'] },
);

const nowSeconds = () => Date.now() / 1_000;

async function requireKey(keys: KeySource, kid: string): Promise<string> {
  const key = await lookUp(keys, kid);
  if (key === undefined) throw new TokenFault('The token is signed with an unknown key.');
  return key;
}

/** Whatever goes wrong here says nothing about the token. */
async function lookUp(keys: KeySource, kid: string): Promise<string | undefined> {
  try {
    return await keys.get(kid);
  } catch (error) {
    throw error instanceof Problem ? error : unavailable(error);
  }
}

function requireFresh(feed: RevocationFeed): void {
  if (!feed.isFresh()) throw unavailable(new Error('the revocation feed is stale'));
}

/**
 * What is no Problem yet comes from @fastify/jwt and fast-jwt, and is the token's fault, for they are given nothing
 * else that could fail: they name a dozen errors for it, and some have no name at all.
 */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return invalidToken(error instanceof TokenFault ? error.message : 'The token is not valid.');
}
