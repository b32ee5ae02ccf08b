import { randomUUID, timingSafeEqual } from 'node:crypto';
import { type AccessTokenClaims, EPOCH_KEY } from '@pair/access-token';
import { NOT_REPLICATED, type Replication, StoreUnavailable } from '@pair/service-kit';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import type { Client } from '../clients/client.ts';
import type { RedisClock } from '../redis/clock.ts';
import { defineScripts, wasSent } from '../redis/deadline.ts';
import { outages } from '../redis/outages.ts';
import { defineScript } from '../redis/script.ts';
import type { IssuedSession } from '../tokens/access-token.ts';
import { type CodeStore, createCodeStore } from './authorization-code.ts';
import {
  encodeRefreshToken,
  keptSuccessor,
  newSeed,
  newSession,
  type RefreshToken,
  sha256,
  successorOf,
} from './refresh-token.ts';
import { ANY_SCOPE, REOPEN_WINDOW, type Revocation, type Rotated, SESSION_SCRIPTS } from './scripts.ts';
import { countSessions } from './session-metrics.ts';
import {
  type BegunSession,
  changedKey,
  cutUserAgent,
  type FoundGrant,
  grantOf,
  indexKey,
  type ListedSession,
  type Origin,
  type ReadSession,
  readSession,
  type SessionUser,
  sessionKey,
} from './session-record.ts';
import { requireBudget } from './sign-in-budget.ts';
import { unansweredRotations } from './unanswered-rotations.ts';

/**
 * `rotated` and `repeated` have the same successor; `address` is the address of the session's last use. `isElsewhere`
 * is true if the repeat came from another address and must be reported. `without_key` is not reported each time. lua/rotate.lua explains the outcomes.
 */
export type Rotation =
  | ({ outcome: 'rotated' } & RotatedSession)
  | ({ outcome: 'repeated'; address: string; isElsewhere: boolean } & RotatedSession)
  | { outcome: 'reuse'; userId: string; address: string }
  | { outcome: 'without_key'; userId: string; address: string; isReported: boolean }
  | { outcome: 'unknown' }
  | { outcome: 'excessive' };

/** `scope` is the scope for the access token. */
type RotatedSession = IssuedSession & { userId: string; scope: string };

export interface RotationRequest {
  /** The client of the request, which must be the client of the session. */
  client: Pick<Client, 'id' | 'registration' | 'scopes'>;
  /** Fewer scopes than were granted, for this access token only; undefined for all. */
  scope: string | undefined;
  origin: Origin;
  /** The thumbprint of the key that the request proves; undefined without one, and for a confidential client. */
  jkt?: string | undefined;
  /**
   * Reads all scopes of a user from PostgreSQL, after a concurrent change of them; undefined if the user may have no tokens.
   * It is called only if the session does not have them: it is from version 0.2 or older, or a scope was added since.
   */
  readScopes: (userId: string) => Promise<readonly string[] | undefined>;
}

/**
 * The budgets for revoking access tokens one by one: a burst, and then one token in each interval. A client has one
 * budget for a user, in all sessions together, and one if it acts for itself.
 */
const REVOCATIONS_OF_USER = { budget: 10, intervalMs: 60_000 };
const REVOCATIONS_OF_CLIENT = { budget: 100, intervalMs: 6_000 };

export interface FoundSession extends FoundGrant {
  /** True if the token is the newest, and has not expired. */
  isLive: boolean;
  /** The thumbprint of the key to which its refresh tokens are bound; undefined for none. */
  jkt: string | undefined;
}

interface Conditions {
  userId?: string;
  family?: Buffer;
  jti?: string;
}

export interface SessionStore extends CodeStore {
  /** Rejects while sessions cannot be changed. */
  ready(): Promise<void>;
  /**
   * Begins a session. If the user then has too many sessions, the longest unused one is ended.
   *
   * @param jkt the thumbprint of the key to which its refresh tokens are bound; undefined for none
   * @throws {Problem} 429 if the user has signed in too often
   */
  create(
    user: SessionUser,
    clientId: string,
    origin: Origin,
    jkt?: string,
  ): Promise<IssuedSession & BegunSession>;
  /** Finds the session of a token with the right family secret and any nonce. */
  find(token: RefreshToken): Promise<FoundSession | undefined>;
  /** Consumes a refresh token and makes its successor, or ends the session if the token was consumed before. */
  rotate(token: RefreshToken, request: RotationRequest): Promise<Rotation>;
  /** Lists the sessions of a user, the last used first. */
  listOfUser(userId: string): Promise<ListedSession[]>;
  /**
   * Ends a session and revokes its access tokens; with `userId`, only a session of that user. Resolves to the user's
   * id, or to undefined if no session was ended.
   */
  end(sid: string, userId?: string): Promise<string | undefined>;
  /** Ends the session of a refresh token, the newest or not. */
  endByRefreshToken(token: RefreshToken): Promise<string | undefined>;
  /** Ends the session of an access token, unless that token was revoked alone. */
  endByAccessToken(token: { sid: string; jti: string }): Promise<string | undefined>;
  /** Makes the next refresh of each session of a user read the scopes of the user. */
  forgetScopes(userId: string): Promise<unknown>;
  /** Ends all sessions of a user. Resolves to the number of ended sessions. */
  endAllOfUser(userId: string): Promise<number>;
  /** Revokes one token, and nothing else of its session, within the budget: see lua/revoke-access-token.lua. */
  revokeAccessToken(
    claims: Pick<AccessTokenClaims, 'jti' | 'exp' | 'sub' | 'client_id' | 'sid'>,
  ): Promise<Revocation>;
  /** Resolves to the name of the data in Redis. A token without a session carries it too. */
  epoch(): Promise<string>;
  stop(): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    sessions: SessionStore;
  }
}

export const sessions = fp<{ replayWindowSeconds: number }>(
  async (app, { replayWindowSeconds }) => {
    const store = createSessionStore(app.redis, app.redisClock, {
      replayWindowSeconds,
      replication: app.redisReplication,
    });
    app.decorate('sessions', countSessions(store, app.metrics));
    app.addHook('onClose', async () => store.stop());
  },
  { name: 'sessions', dependencies: ['redis', 'redis-clock', 'redis-replication'] },
);

/** @param options.now the time that limits are measured by, in ms since 1970; a test may move it */
export function createSessionStore(
  redis: Redis,
  clock: RedisClock,
  options: { replayWindowSeconds: number; replication?: Replication; now?: () => number },
): SessionStore {
  const { replayWindowSeconds, replication = NOT_REPLICATED, now = clock.now } = options;
  const scripts = defineScripts(redis, clock, SESSION_SCRIPTS, now, replication);
  const reopenWindow = defineScript(redis, REOPEN_WINDOW);
  const outage = outages(redis, replication);
  const unanswered = unansweredRotations(async (sid, nonce) => {
    const connection = redis.stream;
    await reopenWindow({ sessionKey: sessionKey(sid), nonce });
    await replication.confirmed(connection);
  });

  /** Reads a session. A primary that was replaced knows nothing of a newer one, so the barrier comes before the answer. */
  const read: ReadSession = async (sid, fields) => {
    const connection = redis.stream;
    const session = await readSession(redis, sid, fields);
    await replication.confirmed(connection);
    return session;
  };

  /** lua/end-session.lua explains the conditions. */
  const end = (sid: string, conditions: Conditions) =>
    scripts.end({ sessionKey: sessionKey(sid), sid, userId: '', family: '', jti: '', ...conditions });

  /** Runs the script with a new successor, which Redis stores only if the token is the newest. */
  async function rotateOnce(
    token: RefreshToken,
    { client, scope, origin, jkt = '' }: RotationRequest,
    read = { readScopes: '', scopesForgotten: '' },
  ) {
    const seed = newSeed();
    const successor = successorOf(token, seed);
    const newNonce = sha256(successor.nonce);
    const reply = await scripts
      .rotate({
        sessionKey: sessionKey(token.sid),
        sid: token.sid,
        clientId: client.id,
        registration: client.registration,
        clientScopes: client.scopes.join(' '),
        requestedScope: scope === undefined ? ANY_SCOPE : scope.split(' ').filter(Boolean).join(' '),
        ...read,
        family: sha256(token.familySecret),
        nonce: sha256(token.nonce),
        newNonce,
        seed,
        jkt,
        address: origin.address,
        userAgent: cutUserAgent(origin.userAgent),
        windowMs: replayWindowSeconds * 1_000,
        outageMs: outage.recentMs(),
        newEpoch: randomUUID(),
      })
      .catch((error) => {
        if (wasSent(error)) unanswered.add(token.sid, newNonce);
        throw error;
      });
    return { reply, successor };
  }

  return {
    ...createCodeStore(read, scripts),
    ready: clock.measure,

    async create(user, clientId, origin, jkt = '') {
      const askedAt = Date.now();
      const token = newSession();
      const begun = await scripts.create({
        sessionKey: sessionKey(token.sid),
        changedKey: changedKey(user.id),
        sid: token.sid,
        userId: user.id,
        userScopes: user.scopes.join(' '),
        clientId,
        address: origin.address,
        userAgent: cutUserAgent(origin.userAgent),
        family: sha256(token.familySecret),
        nonce: sha256(token.nonce),
        jkt,
        newEpoch: randomUUID(),
      });
      return { sid: token.sid, askedAt, refreshToken: encodeRefreshToken(token), ...requireBudget(begun) };
    },

    async find(token) {
      const session = await read(token.sid, ['family', 'nonce', 'expires_at', 'jkt']);
      const { family, nonce, expires_at: expiresAt, jkt } = session;
      if (family === null || !timingSafeEqual(family, sha256(token.familySecret))) return undefined;
      return {
        ...grantOf(session),
        isLive: nonce?.equals(sha256(token.nonce)) === true && now() < Number(expiresAt),
        jkt: jkt === null ? undefined : String(jkt),
      };
    },

    async rotate(token, request) {
      const { sid } = token;
      const askedAt = Date.now();
      let { reply, successor } = await rotateOnce(token, request);
      while (reply.outcome === 'unread') {
        const { userId, scopesForgotten } = reply;
        const scopes = await request.readScopes(userId);
        if (scopes === undefined) return { outcome: 'unknown' };
        ({ reply, successor } = await rotateOnce(token, request, {
          readScopes: scopes.join(' '),
          scopesForgotten,
        }));
      }
      const rotated = (newest: RefreshToken, { userId, scope, epoch }: Rotated) => ({
        sid,
        askedAt,
        refreshToken: encodeRefreshToken(newest),
        userId,
        scope,
        epoch,
      });
      switch (reply.outcome) {
        case 'rotated':
          return { outcome: 'rotated', ...rotated(successor, reply) };
        case 'repeated': {
          const newest = keptSuccessor(token, reply.generation, reply.successor);
          const { outcome, address, isElsewhere } = reply;
          return { outcome, address, isElsewhere, ...rotated(newest, reply) };
        }
        case 'undecided':
          throw new StoreUnavailable('redis', 'Redis has just returned: the rotation may be a lost one');
        default:
          return reply;
      }
    },

    listOfUser: (userId) => scripts.list({ indexKey: indexKey(userId) }),

    end: (sid, userId) => end(sid, userId === undefined ? {} : { userId }),

    endByRefreshToken: (token) => end(token.sid, { family: sha256(token.familySecret) }),

    endByAccessToken: ({ sid, jti }) => end(sid, { jti }),

    forgetScopes: (userId) => scripts.forgetScopes(keysOf(userId)),

    endAllOfUser: (userId) => scripts.endAllOfUser(keysOf(userId)),

    revokeAccessToken: ({ jti, exp, sub, client_id, sid = '' }) =>
      scripts.revokeAccessToken({
        revokedKey: `{auth}:revoked:${jti}`,
        jti,
        exp,
        holder: `${sub}:${client_id}`,
        sid,
        ...(sid === '' ? REVOCATIONS_OF_CLIENT : REVOCATIONS_OF_USER),
      }),

    epoch: () => scripts.epoch({ epochKey: EPOCH_KEY, newEpoch: randomUUID() }),

    stop: () => {
      unanswered.stop();
      outage.stop();
    },
  };
}

function keysOf(userId: string) {
  return { indexKey: indexKey(userId), changedKey: changedKey(userId) };
}
