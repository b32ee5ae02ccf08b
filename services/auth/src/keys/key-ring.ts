import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeySource } from '@pair/access-token';
import { inTransaction, isStoreUnavailable, unavailable } from '@pair/service-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { FastifyBaseLogger } from 'fastify';
import fp from 'fastify-plugin';
import type pg from 'pg';
import { open, seal } from '../crypto/seal.ts';
import { signingKeys } from '../db/schema.ts';
import { ACCESS_TOKEN_LIFETIME_SECONDS } from '../tokens/access-token-lifetime.ts';
import { generateSigningKey, type PublicJwk, publicJwkOf, publicPem, thumbprint } from './signing-key.ts';

const RELOAD_INTERVAL_MS = 10_000;
const RETRY_INTERVAL_MS = 500;
/** A key outlives the last token it signed by what clocks, caches and reloads may be apart. */
const RETIRING_MS = (ACCESS_TOKEN_LIFETIME_SECONDS + 65) * 1_000;

interface RingKey {
  kid: string;
  publicJwk: PublicJwk;
  publicPem: string;
  privatePem: string;
  activeFrom: number;
}

export interface KeyRing extends KeySource {
  /** The key that signs now. Throws 503 until the keys were read. */
  signingKey(): { kid: string; privatePem: string };
  /** RFC 7517 §5: every key under which a valid token may exist, or soon will. */
  jwks(): { keys: (PublicJwk & { kid: string; use: 'sig'; alg: 'ES256' })[] };
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
 * still published, is a function of the rows and the time. The first replica makes the first key.
 */
export const keyRing = fp<{ keyEncryptionKey: string }>(
  async (app, { keyEncryptionKey }) => {
    const ring = createKeyRing(app.pg.pool, keyEncryptionKey, app.log);
    app.decorate('keyRing', ring);
    app.readinessCheck('auth: signing keys', ring.ready);
    // waits for the first attempt, which has an end: whoever asks at once finds the keys
    app.addHook('onReady', () => ring.start());
    app.addHook('onClose', async () => ring.stop());
  },
  { name: 'key-ring', dependencies: ['postgres'] },
);

export function createKeyRing(
  pool: pg.Pool,
  keyEncryptionKey: string,
  log: FastifyBaseLogger,
  now: () => number = Date.now,
): KeyRing & { start(): Promise<void>; stop(): void; reload(): Promise<void> } {
  const db = drizzle({ client: pool });
  const select = db.select().from(signingKeys).orderBy(signingKeys.activeFrom, signingKeys.kid);
  const sealingKeys = keyEncryptionKey.split(',').map((key) => Buffer.from(key, 'base64url'));
  let keys = new Map<string, RingKey>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let lastFailure = '';

  async function reload(): Promise<void> {
    let rows = await select;
    if (rows.length === 0) {
      await createFirstKey(pool, sealingKeys, now());
      rows = await select;
    }
    const next = new Map<string, RingKey>();
    for (const [index, row] of rows.entries()) {
      const successor = rows[index + 1];
      if (successor !== undefined && successor.activeFrom.getTime() + RETIRING_MS <= now()) continue;
      next.set(row.kid, keys.get(row.kid) ?? openKey(row, sealingKeys));
    }
    keys = next;
  }

  async function follow(): Promise<void> {
    try {
      await reload();
      if (lastFailure !== '') log.info('signing keys read');
      lastFailure = '';
    } catch (err) {
      const failure = err instanceof Error ? err.message : String(err);
      // once for each kind of trouble, not for each attempt
      if (failure !== lastFailure) {
        if (isStoreUnavailable(err)) log.warn({ err }, 'the database of the signing keys cannot be reached');
        else log.error({ err }, 'signing keys cannot be read');
      }
      lastFailure = failure;
    }
    if (stopped) return;
    timer = setTimeout(follow, keys.size === 0 ? RETRY_INTERVAL_MS : RELOAD_INTERVAL_MS);
    timer.unref();
  }

  function requireKeys(): Map<string, RingKey> {
    if (keys.size === 0) throw unavailable(new Error('the signing keys have not been read yet'));
    return keys;
  }

  return {
    reload,
    start: follow,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
    ready: async () => void requireKeys(),
    has: (kid) => keys.has(kid),
    get: (kid) => requireKeys().get(kid)?.publicPem,
    signingKey: () => {
      let active: RingKey | undefined;
      for (const key of requireKeys().values()) if (key.activeFrom <= now()) active = key;
      if (active === undefined) throw unavailable(new Error('no signing key is active yet'));
      return active;
    },
    jwks: () => ({
      keys: [...requireKeys().values()].map(({ kid, publicJwk }) => ({
        ...publicJwk,
        kid,
        use: 'sig',
        alg: 'ES256',
      })),
    }),
  };
}

/** Replicas that start together on an empty table make one key between them. */
async function createFirstKey(pool: pg.Pool, sealingKeys: readonly Buffer[], now: number): Promise<void> {
  const [sealingKey] = sealingKeys;
  if (sealingKey === undefined) throw new Error('KEY_ENCRYPTION_KEY is empty');
  const key = generateSigningKey();
  await inTransaction(pool, async (client) => {
    await client.query('LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE');
    const db = drizzle({ client });
    if ((await db.$count(signingKeys)) > 0) return;
    await db.insert(signingKeys).values({
      kid: key.kid,
      publicJwk: key.publicJwk,
      sealedPrivateKey: seal(key.privateKey, sealingKey, key.kid),
      activeFrom: new Date(now),
    });
  });
}

function openKey(row: typeof signingKeys.$inferSelect, sealingKeys: readonly Buffer[]): RingKey {
  const der = open(row.sealedPrivateKey, sealingKeys, row.kid);
  if (der === undefined) {
    throw new Error(
      `KEY_ENCRYPTION_KEY does not open signing key ${row.kid}: give the key it was sealed under, or a pair "new,old"`,
    );
  }
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  // what is published comes from what is sealed: a row whose public half was changed must not speak for us
  const publicJwk = publicJwkOf(createPublicKey(privateKey));
  if (thumbprint(publicJwk) !== row.kid || thumbprint(row.publicJwk) !== row.kid) {
    throw new Error(`signing key ${row.kid} is not the key that its row says`);
  }
  return {
    kid: row.kid,
    publicJwk,
    publicPem: publicPem(publicJwk),
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    activeFrom: row.activeFrom.getTime(),
  };
}
