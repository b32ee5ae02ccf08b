import fastifyJwt from '@fastify/jwt';
import { Problem, StoreUnavailable, unavailable } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { LRUCache } from 'lru-cache';
import {
  authorizationOf,
  boundToken,
  invalidToken,
  isDpop,
  requireForm,
  tokenOf,
  withDpopScheme,
  withResourceMetadata,
} from './bearer.ts';
import { type AccessTokenClaims, checkClaims, requireUnexpired, signingKeyId, TokenFault } from './claims.ts';
import type { KeySource } from './keys.ts';
import type { RevocationFeed } from './revocation-feed.ts';
import { type CountRequest, countRequestsBySubject, type SubjectRate } from './subject-rate.ts';

/** An entry takes about a kilobyte. A token that falls out of the cache is verified again. */
const CACHE_SIZE = 10_000;

export interface AccessTokenOptions {
  issuer: string;
  audience: string;
  keys: KeySource;
  /** The URL of the protected resource metadata (RFC 9728), which each refusal names. */
  resourceMetadata?: string;
  /** The limit for the requests of one subject; none by default. */
  subjectRate?: SubjectRate;
  /** The number of verified tokens that the process remembers; only tests pass it. */
  cacheSize?: number;
}

/** A token with a valid signature and valid claims. Each request checks again that it is not expired or revoked. */
export interface VerifiedToken {
  claims: Readonly<AccessTokenClaims>;
  scopes: ReadonlySet<string>;
  kid: string;
}

/** Synchronous for a token in the cache: most requests then create no promise. */
type Verify = (
  request: FastifyRequest,
  options?: { allowRevoked?: boolean; token?: string },
) => VerifiedToken | Promise<VerifiedToken>;

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Verifies the access token of a request, and the proof of a token that is bound to a key (RFC 9449 §7). `request.proof` is
     * that proof: its caller uses it up by `app.proofs.spend`.
     *
     * `allowRevoked` is for logout, which a client may repeat: it accepts the token of a session that has ended. It refuses
     * a token that was revoked alone, because its session goes on. It refuses a token signed with a revoked key too,
     * because an attacker may have made it. `token` is for a request that has the token outside the Authorization header:
     * revocation and introspection.
     *
     * Throws or rejects with a Problem: 401 if the token is at fault, 503 if this process cannot check it now.
     */
    verifyAccessToken: Verify;
    /** Adds the scheme of the request and the metadata URL of this resource to the challenge of a refusal. */
    challenge(refusal: Problem, request: FastifyRequest): Problem;
    /** Counts a request of a subject; undefined if there is no limit. */
    countRequest: CountRequest | undefined;
  }
  interface FastifyRequest {
    /** The claims of the access token. Only routes inside `withScope` and `asUser` have them. */
    claims: Readonly<AccessTokenClaims>;
    /** The token that @fastify/jwt verifies. */
    presentedToken: string;
  }
}
declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: unknown;
  }
}

/**
 * Verifies access tokens (RFC 9068 §4): ES256 and no other algorithm, and every claim. Each request, also with a cached
 * token, checks the expiry, the key, the epoch and the revocations.
 */
export const accessToken = fp<AccessTokenOptions>(
  async (app, { issuer, audience, keys, resourceMetadata, subjectRate, cacheSize = CACHE_SIZE }) => {
    const feed = app.revocationFeed;
    const verified = new LRUCache<string, VerifiedToken>({ max: cacheSize });

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
    app.decorate('challenge', (refusal, { headers: { authorization } }) => {
      const isBound = authorization !== undefined && isDpop(authorization);
      const ofScheme = isBound ? withDpopScheme(refusal) : refusal;
      return resourceMetadata === undefined ? ofScheme : withResourceMetadata(ofScheme, resourceMetadata);
    });
    const isLimited = subjectRate !== undefined && subjectRate.perSecond > 0;
    app.decorate('countRequest', isLimited ? countRequestsBySubject(subjectRate).count : undefined);
    app.decorateRequest('claims');
    app.decorateRequest('presentedToken', '');

    app.decorate('verifyAccessToken', (request, options) => {
      const allowRevoked = options?.allowRevoked === true;
      if (options?.token !== undefined) return live(request, options.token, allowRevoked);
      const authorization = authorizationOfRequest(request);
      if (isDpop(authorization)) return proven(request, tokenOf(authorization, 'DPoP'), allowRevoked);
      const token = live(request, bearerTokenOf(request, authorization), allowRevoked);
      return token instanceof Promise
        ? token.then((token) => requireUnbound(request, token))
        : requireUnbound(request, token);
    });

    function live(
      request: FastifyRequest,
      token: string,
      allowRevoked: boolean,
    ): VerifiedToken | Promise<VerifiedToken> {
      const known = verified.get(token);
      return known !== undefined && isLive(known) ? known : admit(request, token, allowRevoked);
    }

    /** RFC 9449 §7.1: the token, and then the proof that the client has its key. */
    async function proven(
      request: FastifyRequest,
      presented: string,
      allowRevoked: boolean,
    ): Promise<VerifiedToken> {
      const token = await live(request, presented, allowRevoked);
      try {
        const { cnf } = token.claims;
        if (cnf === undefined) throw new TokenFault('The token is bound to no key: send it as Bearer.');
        app.proofs.check(request, { accessToken: presented, jkt: cnf.jkt });
        return token;
      } catch (error) {
        throw app.challenge(toProblem(error), request);
      }
    }

    /** RFC 9449 §7.2: a bound token is worth nothing as a Bearer token. */
    function requireUnbound(request: FastifyRequest, token: VerifiedToken): VerifiedToken {
      if (token.claims.cnf === undefined) return token;
      throw app.challenge(boundToken(), request);
    }

    /** Reads memory alone. Runs on every request, because the cache must not decide what can change. */
    function isLive({ claims, kid }: VerifiedToken): boolean {
      return (
        nowSeconds() < claims.exp &&
        keys.has(kid) &&
        feed.isFresh() &&
        feed.epoch === claims.epoch &&
        !isRevoked(claims, kid)
      );
    }

    /** The same checks, with the reason of a refusal. Waits for keys and revocations that are being fetched. */
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
        throw app.challenge(toProblem(error), request);
      }
    }

    function authorizationOfRequest(request: FastifyRequest): string {
      try {
        return authorizationOf(request);
      } catch (error) {
        throw app.challenge(toProblem(error), request);
      }
    }

    function bearerTokenOf(request: FastifyRequest, authorization: string): string {
      try {
        return tokenOf(authorization, 'Bearer');
      } catch (error) {
        throw app.challenge(toProblem(error), request);
      }
    }

    async function verify(request: FastifyRequest, presented: string): Promise<VerifiedToken> {
      requireForm(presented);
      request.presentedToken = presented;
      const claims = checkClaims(await request.jwtVerify<object>(), { issuer, audience }, nowSeconds());
      const kid = signingKeyId(app.jwt.decode(presented, { complete: true }));
      // all requests with this token share the object, so no handler may change it
      const token = { claims: Object.freeze(claims), kid, scopes: new Set(claims.scope.split(' ')) };
      verified.set(presented, token);
      return token;
    }

    /** Needs no fresh feed: a stale one still knows the revocations that it has read. */
    function requireUnrevokedKey(kid: string): void {
      if (feed.isRevoked(kid)) throw new TokenFault('The token is signed with a revoked key.');
    }

    /** Needs no fresh feed either. A token without a session is not checked: no session of it goes on. */
    function requireNotRevokedAlone({ claims }: VerifiedToken): void {
      if (claims.sid !== undefined && feed.isRevoked(claims.jti))
        throw new TokenFault('The token was revoked.');
    }

    async function requireUnrevoked({ claims, kid }: VerifiedToken): Promise<void> {
      await feed.firstRead();
      requireFresh(feed);
      if (feed.epoch !== claims.epoch) {
        // the very first sign-in may have created the epoch just now, before the feed has read it
        await feed.nextRead().catch((cause) => {
          throw unavailable(cause);
        });
        if (feed.epoch === undefined) throw unavailable(new StoreUnavailable('redis', 'Redis has no epoch'));
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
  { name: 'access-token', dependencies: ['revocation-feed', 'proofs'] },
);

const nowSeconds = () => Date.now() / 1_000;

async function requireKey(keys: KeySource, kid: string): Promise<string> {
  const key = await lookUp(keys, kid);
  if (key === undefined) throw new TokenFault('The token is signed with an unknown key.');
  return key;
}

/** A failure of the key source is no fault of the token: 503, not 401. */
async function lookUp(keys: KeySource, kid: string): Promise<string | undefined> {
  try {
    return await keys.get(kid);
  } catch (error) {
    throw error instanceof Problem ? error : unavailable(error);
  }
}

function requireFresh(feed: RevocationFeed): void {
  if (!feed.isFresh())
    throw unavailable(new StoreUnavailable('revocation_feed', 'the revocation feed is stale'));
}

/**
 * Blames the token for every error of @fastify/jwt and fast-jwt: keys are looked up apart, so nothing else can fail
 * there. The two have a dozen error codes for a bad token, and throw some errors without a code.
 */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return invalidToken(error instanceof TokenFault ? error.message : 'The token is not valid.');
}
