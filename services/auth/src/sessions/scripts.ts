import { ANNOUNCE, EPOCH } from '../redis/announcements.ts';
import type { defineScripts } from '../redis/deadline.ts';
import { fields, script } from '../redis/script.ts';
import {
  ABSOLUTE_LIMIT_MS,
  CODE_LIFETIME_MS,
  IDLE_LIMIT_MS,
  type ListedSession,
  MAX_SESSIONS_OF_USER,
} from './session-record.ts';
import { type Begun, SIGN_IN_BUDGET } from './sign-in-budget.ts';

/** Within this time a redeemed code that comes again is reuse; later it is unknown. */
const CODE_REMEMBERED_MS = 10 * 60_000;
/** The budgets of a session for audit events: about repeats from another address, and about uses without its key. */
const REPORTED_REPEATS = { MAX_REPORTED_REPEATS: 3, REPORTED_REPEAT_INTERVAL_MS: 10 * 60_000 };

/** Much longer than a sign-in, and than the COMMIT of a change may take. */
const CHANGE_REMEMBERED_MS = 3_600_000;
/** Stands for all scopes. No scope can be a space, which separates scopes. */
export const ANY_SCOPE = ' ';

const NEW_SESSION = {
  sid: 'string',
  userId: 'string',
  userScopes: 'string',
  clientId: 'string',
  address: 'string',
  userAgent: 'string',
} as const;
const NEW_SESSION_LIMITS = {
  ...ANNOUNCE,
  ...SIGN_IN_BUDGET,
  IDLE_LIMIT_MS,
  ABSOLUTE_LIMIT_MS,
  MAX_SESSIONS_OF_USER,
  CHANGE_REMEMBERED_MS,
};

export type Revocation =
  | { outcome: 'revoked' | 'known' | 'ended' }
  | { outcome: 'refused'; retryAfterMs: number };

/** lua/redeem-code.lua explains the outcomes. */
type RedemptionReply =
  | { outcome: 'redeemed'; epoch: string }
  | { outcome: 'reuse' | 'refused'; address: string }
  | { outcome: 'unknown' };

/** lua/rotate.lua explains the outcomes. */
type RotationReply =
  | ({ outcome: 'rotated' } & Rotated)
  | ({
      outcome: 'repeated';
      successor: Buffer;
      generation: number;
      address: string;
      isElsewhere: boolean;
    } & Rotated)
  | { outcome: 'reuse'; userId: string; address: string }
  | { outcome: 'without_key'; userId: string; address: string; isReported: boolean }
  | { outcome: 'unread'; userId: string; scopesForgotten: string }
  | { outcome: 'unknown' }
  | { outcome: 'excessive' }
  | { outcome: 'undecided' };

export interface Rotated {
  userId: string;
  scope: string;
  epoch: string;
}

const listedSession = fields<ListedSession>({
  sid: String,
  clientId: String,
  createdAt: Number,
  usedAt: Number,
  address: String,
  userAgent: String,
  isBound: (value) => Number(value) === 1,
});

/** It has no deadline: see lua/reopen-window.lua. */
export const REOPEN_WINDOW = script('reopen-window', {
  keys: ['sessionKey'],
  args: { nonce: 'string' },
  decode: Boolean,
});

export const SESSION_SCRIPTS = {
  create: script('create-session', {
    keys: ['sessionKey', 'changedKey'],
    args: { ...NEW_SESSION, family: 'string', nonce: 'string', jkt: 'string', newEpoch: 'string' },
    constants: { ...NEW_SESSION_LIMITS, ...EPOCH },
    decode: fields<Begun<{ epoch: string; isUserChanged: boolean }>>({
      epoch: String,
      isUserChanged: Boolean,
      retryAfterMs: Number,
    }),
  }),
  beginAuthorization: script('begin-authorization', {
    keys: ['sessionKey', 'changedKey'],
    args: {
      ...NEW_SESSION,
      scope: 'string',
      code: 'string',
      redirectUri: 'string',
      codeChallenge: 'string',
      codeJkt: 'string',
      registration: 'string',
    },
    constants: { ...NEW_SESSION_LIMITS, CODE_LIFETIME_MS },
    decode: fields<Begun<{ isUserChanged: boolean }>>({ isUserChanged: Boolean, retryAfterMs: Number }),
  }),
  redeemCode: script('redeem-code', {
    keys: ['sessionKey'],
    args: {
      sid: 'string',
      clientId: 'string',
      code: 'string',
      redirectUri: 'string',
      codeChallenge: 'string',
      jkt: 'string',
      sessionJkt: 'string',
      family: 'string',
      nonce: 'string',
      lifetimeMs: 'number',
      newEpoch: 'string',
    },
    constants: { ...EPOCH, IDLE_LIMIT_MS, MAX_SESSIONS_OF_USER, CODE_REMEMBERED_MS },
    decode: fields<RedemptionReply>({ outcome: String, epoch: String, address: String }),
  }),
  rotate: script('rotate', {
    keys: ['sessionKey'],
    args: {
      sid: 'string',
      clientId: 'string',
      registration: 'string',
      clientScopes: 'string',
      requestedScope: 'string',
      readScopes: 'string',
      scopesForgotten: 'string',
      family: 'string',
      nonce: 'string',
      newNonce: 'string',
      seed: 'string',
      jkt: 'string',
      address: 'string',
      userAgent: 'string',
      windowMs: 'number',
      outageMs: 'number',
      newEpoch: 'string',
    },
    constants: { ...EPOCH, ...REPORTED_REPEATS, IDLE_LIMIT_MS, ANY_SCOPE },
    decode: fields<RotationReply>({
      outcome: String,
      userId: String,
      scope: String,
      scopesForgotten: String,
      epoch: String,
      successor: (kept) => kept,
      generation: Number,
      address: String,
      isElsewhere: Boolean,
      isReported: Boolean,
    }),
    hasWritten: ({ outcome }) => outcome === 'rotated',
  }),
  list: script('list-sessions', {
    keys: ['indexKey'],
    args: {},
    constants: ANNOUNCE,
    decode: (reply) => (reply as unknown[]).map(listedSession),
  }),
  end: script('end-session', {
    keys: ['sessionKey'],
    args: { sid: 'string', userId: 'string', family: 'string', jti: 'string' },
    constants: ANNOUNCE,
    decode: (userId) => (userId === null ? undefined : String(userId)),
  }),
  forgetScopes: script('forget-user-scopes', {
    keys: ['indexKey', 'changedKey'],
    args: {},
    constants: { ...ANNOUNCE, CHANGE_REMEMBERED_MS },
    decode: Boolean,
  }),
  endAllOfUser: script('end-user-sessions', {
    keys: ['indexKey', 'changedKey'],
    args: {},
    constants: { ...ANNOUNCE, CHANGE_REMEMBERED_MS },
    decode: Number,
  }),
  revokeAccessToken: script('revoke-access-token', {
    keys: ['revokedKey'],
    args: {
      jti: 'string',
      exp: 'number',
      holder: 'string',
      sid: 'string',
      budget: 'number',
      intervalMs: 'number',
    },
    constants: ANNOUNCE,
    decode: fields<Revocation>({ outcome: String, retryAfterMs: Number }),
  }),
  epoch: script('name-epoch', {
    keys: ['epochKey'],
    args: { newEpoch: 'string' },
    constants: EPOCH,
    decode: String,
  }),
};

export type SessionScripts = ReturnType<typeof defineScripts<typeof SESSION_SCRIPTS>>;
