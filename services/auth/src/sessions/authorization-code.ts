import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { ACCESS_TOKEN_LIFETIME_SECONDS } from '@pair/access-token';
import type { Client } from '../clients/client.ts';
import type { IssuedSession } from '../tokens/access-token.ts';
import { encodeRefreshToken, newSession, newSid, sha256 } from './refresh-token.ts';
import type { SessionScripts } from './scripts.ts';
import {
  type BegunSession,
  changedKey,
  cutUserAgent,
  type FoundGrant,
  grantOf,
  IDLE_LIMIT_MS,
  type Origin,
  type ReadSession,
  type SessionUser,
  sessionKey,
} from './session-record.ts';
import { requireBudget } from './sign-in-budget.ts';

const PREFIX = 'ac_';
const SID_BYTES = 16;
const SECRET_BYTES = 32;
/** Canonical base64url of 48 bytes. */
const PATTERN = /^ac_[A-Za-z0-9_-]{64}$/;

/** The content of an authorization code: the session that it begins, and a secret. Clients see an opaque string. */
export interface AuthorizationCode {
  /** base64url, as in the `sid` claim. */
  sid: string;
  secret: Buffer;
}

function newAuthorizationCode(): AuthorizationCode {
  return { sid: newSid(), secret: randomBytes(SECRET_BYTES) };
}

function encodeAuthorizationCode({ sid, secret }: AuthorizationCode): string {
  return PREFIX + Buffer.concat([Buffer.from(sid, 'base64url'), secret]).toString('base64url');
}

/** Returns undefined for a text that `encodeAuthorizationCode` cannot have made. */
export function decodeAuthorizationCode(text: string): AuthorizationCode | undefined {
  if (!PATTERN.test(text)) return undefined;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  return {
    sid: bytes.subarray(0, SID_BYTES).toString('base64url'),
    secret: bytes.subarray(SID_BYTES),
  };
}

/** The authorized request (RFC 6749 §4.1.1): the tokens go only to a client that presents the same values. */
export interface Authorization {
  client: Pick<Client, 'id' | 'registration' | 'grants'>;
  redirectUri: string;
  /** RFC 7636 §4.2, S256. */
  codeChallenge: string;
  /** The thumbprint of the key of the client: `dpop_jkt` (RFC 9449 §10), and then the key of the proof. */
  jkt?: string | undefined;
}

/**
 * `reuse`: the code was redeemed before, and its session was ended; `address` is the address of its last use.
 * `refused`: the code came with other values than the authorized ones, for the first time; `address` is the address of
 * the sign-in.
 */
export type Redemption =
  | ({ outcome: 'redeemed' } & IssuedSession)
  | { outcome: 'reuse' | 'refused'; address: string }
  | { outcome: 'unknown' };

/** Sessions that begin with an authorization code. */
export interface CodeStore {
  /**
   * Begins a session that has no tokens yet, only an authorization code, which works once, within a minute.
   *
   * @throws {Problem} 429 if the user has signed in too often
   */
  beginAuthorization(
    user: SessionUser,
    scope: string,
    authorization: Authorization,
    origin: Origin,
  ): Promise<BegunSession & { code: string }>;
  /** Finds the grant behind a code, redeemable or not. */
  findByCode(code: AuthorizationCode): Promise<(FoundGrant & { isRedeemed: boolean }) | undefined>;
  /** Consumes a code, or ends its session if the code was consumed before: see lua/redeem-code.lua. */
  redeemCode(
    code: AuthorizationCode,
    authorization: Authorization & {
      /** The thumbprint of the key to which the refresh tokens of the session are bound; undefined for none. */
      sessionJkt?: string | undefined;
    },
  ): Promise<Redemption>;
}

export function createCodeStore(read: ReadSession, scripts: SessionScripts): CodeStore {
  return {
    async beginAuthorization(user, scope, { client, redirectUri, codeChallenge, jkt = '' }, origin) {
      const code = newAuthorizationCode();
      const begun = await scripts.beginAuthorization({
        sessionKey: sessionKey(code.sid),
        changedKey: changedKey(user.id),
        sid: code.sid,
        userId: user.id,
        userScopes: user.scopes.join(' '),
        clientId: client.id,
        address: origin.address,
        userAgent: cutUserAgent(origin.userAgent),
        scope,
        code: sha256(code.secret),
        redirectUri: sha256(redirectUri),
        codeChallenge,
        codeJkt: jkt,
        registration: client.registration,
      });
      return { sid: code.sid, code: encodeAuthorizationCode(code), ...requireBudget(begun) };
    },

    async findByCode({ sid, secret }) {
      const session = await read(sid, ['code', 'family']);
      if (session.code === null || !timingSafeEqual(session.code, sha256(secret))) return undefined;
      return { ...grantOf(session), isRedeemed: session.family !== null };
    },

    async redeemCode({ sid, secret }, { client, redirectUri, codeChallenge, jkt = '', sessionJkt = '' }) {
      const askedAt = Date.now();
      const token = newSession(sid);
      const reply = await scripts.redeemCode({
        sessionKey: sessionKey(sid),
        sid,
        clientId: client.id,
        code: sha256(secret),
        redirectUri: sha256(redirectUri),
        codeChallenge,
        jkt,
        sessionJkt,
        family: sha256(token.familySecret),
        nonce: sha256(token.nonce),
        lifetimeMs: client.grants.includes('refresh_token')
          ? IDLE_LIMIT_MS
          : ACCESS_TOKEN_LIFETIME_SECONDS * 1_000,
        newEpoch: randomUUID(),
      });
      if (reply.outcome !== 'redeemed') return reply;
      return { ...reply, sid, askedAt, refreshToken: encodeRefreshToken(token) };
    },
  };
}
