import { createHash } from 'node:crypto';
import type { KeySource } from '@pair/access-token';
import {
  isStoreUnavailable,
  OperatorError,
  repeat,
  type SetTimer,
  troubleLog,
  unavailable,
} from '@pair/service-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { FastifyBaseLogger } from 'fastify';
import fp from 'fastify-plugin';
import type pg from 'pg';
import { insertSecurityEvents } from '../audit/security-events.ts';
import type { SealingKeys } from '../crypto/sealing-keys.ts';
import type { SigningKeyRow } from '../db/schema.ts';
import { announceAgain } from './announce-keys.ts';
import { keyStates } from './key-states.ts';
import { addMissingKeys, lacksKeys, selectKeys } from './repository.ts';
import { type OpenedKey, openKey } from './sealed-key.ts';

const RELOAD_INTERVAL_MS = 10_000;
const RETRY_INTERVAL_MS = 500;

/** A JWK Set (RFC 7517 §5) and its entity tag, made once for each set of keys. */
export interface PublishedKeys {
  json: string;
  etag: string;
}

export interface KeyRing extends KeySource {
  /** The key that signs now. Throws 503 until the keys were read. */
  signingKey(): { kid: string; privatePem: string };
  /** Every key under which a valid token may exist, or soon will. Throws 503 until the keys were read. */
  published(): PublishedKeys;
  /** Rejects while the keys are not there. */
  ready(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    keyRing: KeyRing;
  }
}

/**
 * The signing keys, read from Postgres again and again, the same for all replicas: which key signs, and which are
 * published, is a function of the rows and the time. A key is revoked as soon as the feed says so.
 *
 * A KEY_ENCRYPTION_KEY that does not open the keys keeps the process from starting.
 */
export const keyRing = fp<{ sealingKeys: SealingKeys }>(
  async (app, { sealingKeys }) => {
    const { pool } = app.pg;
    const { isRevoked } = app.revocationFeed;
    const ring = createKeyRing({ pool, sealingKeys, log: app.log, isRevoked });
    app.decorate('keyRing', ring);
    app.readinessCheck('auth', 'signing keys', ring.ready);
    // waits for the first attempt, which has an end: whoever asks at once finds the keys
    app.addHook('onReady', () => ring.start());
    app.addHook('onClose', async () => ring.stop());
    announceAgain(app);
  },
  { name: 'key-ring', dependencies: ['postgres', 'redis-clock', 'revocation-feed'] },
);

interface StartableKeyRing extends KeyRing {
  /** Resolves after the first attempt. Throws {OperatorError} when KEY_ENCRYPTION_KEY is the wrong one. */
  start(): Promise<void>;
  stop(): void;
  reload(): Promise<void>;
}

export function createKeyRing(options: {
  pool: pg.Pool;
  sealingKeys: SealingKeys;
  log: FastifyBaseLogger;
  /** What is known from elsewhere before the rows are read again. */
  isRevoked: (kid: string) => boolean;
  /** In ms since 1970; a test may move it. */
  now?: () => number;
  setTimer?: SetTimer;
}): StartableKeyRing {
  const { pool, sealingKeys, log, isRevoked, now = Date.now, setTimer } = options;
  const db = drizzle({ client: pool });
  let rows: SigningKeyRow[] = [];
  let keys = new Map<string, OpenedKey>();
  let publication: PublishedKeys = { json: '', etag: '' };
  const trouble = troubleLog(log, {
    began: 'signing keys cannot be read',
    over: 'signing keys can be read again',
  });
  const repetition = repeat(reload, {
    pauseMs: () => (keys.size === 0 ? RETRY_INTERVAL_MS : RELOAD_INTERVAL_MS),
    onFailure: noteFailure,
    ...(setTimer === undefined ? {} : { setTimer }),
  });

  async function reload(): Promise<void> {
    adopt(await selectKeys(db));
    if (lacksKeys(rows, now())) {
      const replacement = await addMissingKeys(pool, sealingKeys[0], now());
      adopt(await selectKeys(db));
      if (replacement !== undefined) await recordRotation(replacement);
    }
    trouble.over();
  }

  async function recordRotation(kid: string): Promise<void> {
    log.info({ kid }, 'another signing key has taken over');
    try {
      await insertSecurityEvents(db, [{ event: 'signing_key_rotated', outcome: 'succeeded', detail: kid }]);
    } catch (err) {
      log.error({ err, kid }, 'the rotation of a signing key is not among the security events');
    }
  }

  /** All or nothing: what cannot be opened leaves the known keys in use. */
  function adopt(read: SigningKeyRow[]): void {
    const known = read.map((row) =>
      row.revokedAt === null && isRevoked(row.kid) ? { ...row, revokedAt: new Date(now()) } : row,
    );
    const states = keyStates(known, now());
    const live = known.filter((_row, index) => states[index] !== 'gone');
    const opened = new Map(live.map((row) => [row.kid, keys.get(row.kid) ?? openKey(row, sealingKeys)]));
    rows = known;
    keys = opened;
    const json = jwksOf(keys);
    if (json !== publication.json) publication = { json, etag: strongTag(json) };
  }

  /** At once, without waiting for the next reload, which brings another key in its place. */
  function heedRevocations(): void {
    if (![...keys.keys()].some(isRevoked)) return;
    adopt(rows);
    void repetition.runNow();
  }

  function noteFailure(error: unknown): void {
    trouble.note(error, { level: isStoreUnavailable(error) ? 'warn' : 'error' });
  }

  function requireKeys(): Map<string, OpenedKey> {
    heedRevocations();
    if (keys.size === 0) throw unavailable(new Error('there are no signing keys yet'));
    return keys;
  }

  return {
    reload,
    async start() {
      try {
        await reload();
      } catch (err) {
        if (err instanceof OperatorError) throw err;
        noteFailure(err);
      }
      repetition.start(keys.size === 0 ? RETRY_INTERVAL_MS : RELOAD_INTERVAL_MS);
    },
    stop: repetition.stop,
    ready: async () => void requireKeys(),
    has: (kid) => keys.has(kid),
    get: (kid) => requireKeys().get(kid)?.publicPem,
    signingKey: () => {
      requireKeys();
      const active = rows[keyStates(rows, now()).indexOf('active')];
      const key = active === undefined ? undefined : keys.get(active.kid);
      if (key === undefined) throw unavailable(new Error('no signing key is active'));
      return key;
    },
    published: () => {
      requireKeys();
      return publication;
    },
  };
}

function jwksOf(keys: ReadonlyMap<string, OpenedKey>): string {
  const jwks = [...keys.values()].map(({ kid, publicJwk }) => ({
    ...publicJwk,
    kid,
    use: 'sig',
    alg: 'ES256',
  }));
  return JSON.stringify({ keys: jwks });
}

/** RFC 9110 §8.8.1: the same bytes have the same tag, whichever replica sends them. */
function strongTag(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url')}"`;
}
