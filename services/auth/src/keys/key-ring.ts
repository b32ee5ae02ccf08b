import { createHash } from 'node:crypto';
import { type KeySource, KeysUnavailable } from '@pair/access-token';
import {
  hourly,
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
import { type AuditCounts, auditCounts } from '../audit/audit-metrics.ts';
import { insertSecurityEvents } from '../audit/security-events.ts';
import type { SealingKeys } from '../crypto/sealing-keys.ts';
import type { SigningKeyRow } from '../db/schema.ts';
import { announceAgain } from './announce-keys.ts';
import { type KeyOverview, keyMetrics } from './key-metrics.ts';
import { keyStates } from './key-states.ts';
import { addMissingKeys, lacksKeys, removeGoneKeys, selectKeys } from './repository.ts';
import { type OpenedKey, openKey } from './sealed-key.ts';

const RELOAD_INTERVAL_MS = 10_000;
const RETRY_INTERVAL_MS = 500;

/** A JWK Set (RFC 7517 §5) and its entity tag, computed once for each set of keys. */
export interface PublishedKeys {
  json: string;
  etag: string;
}

export interface KeyRing extends KeySource {
  /** Returns the active key. Throws 503 until the keys are loaded. */
  signingKey(): { kid: string; privatePem: string };
  /** Returns every key that may have signed a valid token, or soon will sign. Throws 503 until the keys are loaded. */
  published(): PublishedKeys;
  /** Rejects until the keys are loaded. */
  ready(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    keyRing: KeyRing;
  }
}

/**
 * Loads the signing keys from PostgreSQL every 10 s. The rows and the time alone decide which key signs and which keys are
 * published, so all replicas agree. A revocation takes effect as soon as it is in the feed.
 *
 * The process does not start if KEY_ENCRYPTION_KEY cannot unseal the keys.
 */
export const keyRing = fp<{ sealingKeys: SealingKeys }>(
  async (app, { sealingKeys }) => {
    const { pool } = app.pg;
    const { isRevoked } = app.revocationFeed;
    const counts = auditCounts(app.metrics);
    const ring = createKeyRing({ pool, sealingKeys, log: app.log, isRevoked, counts });
    app.decorate('keyRing', ring);
    keyMetrics(app.metrics, ring.overview);
    app.readinessCheck('auth', 'signing keys', ring.ready);
    // waits for the first attempt, which is limited in time, so that the first request finds the keys
    app.addHook('onReady', () => ring.start());
    app.addHook('onClose', async () => ring.stop());
    announceAgain(app);
    hourly(app, 'cannot remove the signing keys that are gone', () => removeGoneKeys(app.db));
  },
  { name: 'key-ring', dependencies: ['postgres', 'redis-clock', 'revocation-feed'] },
);

interface StartableKeyRing extends KeyRing {
  /** Resolves after the first attempt. Throws {OperatorError} when KEY_ENCRYPTION_KEY cannot unseal the keys. */
  start(): Promise<void>;
  stop(): void;
  reload(): Promise<void>;
  overview(): KeyOverview;
}

export function createKeyRing(options: {
  pool: pg.Pool;
  sealingKeys: SealingKeys;
  log: FastifyBaseLogger;
  /** True for a key that the revocation feed has revoked, perhaps before the next reload of the rows. */
  isRevoked: (kid: string) => boolean;
  /** The time in ms since 1970; a test may pass its own clock. */
  now?: () => number;
  setTimer?: SetTimer;
  counts: AuditCounts;
}): StartableKeyRing {
  const { pool, sealingKeys, log, isRevoked, now = Date.now, setTimer, counts } = options;
  const db = drizzle({ client: pool });
  let rows: SigningKeyRow[] = [];
  let loadedAt: number | undefined;
  let keys = new Map<string, OpenedKey>();
  let publication: PublishedKeys = { json: '', etag: '' };
  const trouble = troubleLog(log, {
    began: 'cannot load the signing keys',
    over: 'loaded the signing keys again',
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
    loadedAt = now();
    trouble.over();
  }

  async function recordRotation(kid: string): Promise<void> {
    log.info({ kid }, 'a new signing key is active');
    const event = { event: 'signing_key_rotated', outcome: 'succeeded', detail: kid } as const;
    counts.noteEvent(event);
    try {
      await insertSecurityEvents(db, [event]);
    } catch (err) {
      counts.noteOnlyLogged();
      log.error({ err, kid }, 'cannot record the rotation of a signing key as a security event');
    }
  }

  /** Adopts all rows or none: if a key cannot be unsealed, the known keys stay in use. */
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

  /** Drops a revoked key at once, and starts the reload that adds another key in its place. */
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
    if (keys.size === 0) throw unavailable(new KeysUnavailable('the signing keys are not loaded yet'));
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
    overview: () => {
      const states = keyStates(rows, now());
      const next = rows[states.indexOf('next')];
      return { states, nextRotationAt: next?.activeFrom.getTime(), loadedAt };
    },
    ready: async () => void requireKeys(),
    has: (kid) => keys.has(kid),
    get: (kid) => requireKeys().get(kid)?.publicPem,
    signingKey: () => {
      requireKeys();
      const active = rows[keyStates(rows, now()).indexOf('active')];
      const key = active === undefined ? undefined : keys.get(active.kid);
      if (key === undefined) throw unavailable(new KeysUnavailable('no signing key is active'));
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

/** A strong entity tag (RFC 9110 §8.8.1): the same bytes have the same tag in every replica. */
function strongTag(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url')}"`;
}
