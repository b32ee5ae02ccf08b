import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { repeat, type SetTimer, troubleLog, withinListening } from '@pair/service-kit';
import type { FastifyBaseLogger } from 'fastify';
import fp from 'fastify-plugin';
import { type KeySource, KeysUnavailable, KID_PATTERN } from './keys.ts';

const REFRESH_INTERVAL_MS = 60_000;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 2_000;
/** Unknown kids cause one fetch in this time at most: otherwise any caller could make this process fetch. */
const UNKNOWN_KID_COOLDOWN_MS = 30_000;
/** While auth is unreachable the last good set stays in use for so long. */
const LAST_GOOD_MS = 3_600_000;
const FETCH_TIMEOUT_MS = 2_000;
const FIRST_FETCH_WAIT_MS = 1_000;
const MAX_BYTES = 64 * 1_024;

export interface RemoteKeySet extends KeySource {
  /** Rejects while there is no good set. */
  ready(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    remoteKeys: RemoteKeySet;
  }
}

/**
 * `app.remoteKeys`: the public keys of auth. Fetches them from the first check of readiness, or from when the process listens,
 * until it closes.
 *
 * @param options.name the name of the service, for readiness
 */
export const remoteKeys = fp<{ name: string; url: string }>(
  async (app, { name, url }) => {
    const keys = createRemoteKeySet({ url, log: app.log });
    app.decorate('remoteKeys', keys);
    // not before: auth may run in the same process, which checks its readiness when it listens
    app.readinessCheck(name, 'signing keys', () => {
      keys.start();
      return keys.ready();
    });
    app.addHook('onListen', async () => keys.start());
    app.addHook('onClose', async () => keys.stop());
  },
  { name: 'remote-keys' },
);

/**
 * Fetches a JWK Set (RFC 7517 §5) from a configured URL, never from a URL in a token. A key that is absent from a fetched
 * set is refused at once. While the fetch fails, the last good set stays in use for an hour.
 */
export function createRemoteKeySet(options: {
  url: string;
  log: FastifyBaseLogger;
  /** A monotonic clock in ms; a test may move it. */
  now?: () => number;
  setTimer?: SetTimer;
}): RemoteKeySet & { /** Has an effect once. */ start(): void; stop(): void } {
  const { url, log, now = () => performance.now(), setTimer } = options;
  const stopping = new AbortController();
  let keys: ReadonlyMap<string, string> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let lookedForUnknownAt = Number.NEGATIVE_INFINITY;
  let failing = false;
  let isStarted = false;
  const texts = {
    began: 'signing keys cannot be fetched',
    over: 'signing keys can be fetched again',
  };
  const trouble = troubleLog(log, texts, { url });
  const repetition = repeat(refresh, {
    pauseMs: (failures) =>
      failures === 0 ? REFRESH_INTERVAL_MS : Math.min(MIN_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS),
    ...(setTimer === undefined ? {} : { setTimer }),
  });

  const isGood = () => now() - fetchedAt < LAST_GOOD_MS;

  async function refresh(): Promise<void> {
    try {
      keys = await fetchKeys(url, stopping.signal);
      fetchedAt = now();
      failing = false;
      trouble.over();
    } catch (err) {
      failing = true;
      if (!stopping.signal.aborted) trouble.note(err, { kind: 'away' });
      throw err;
    }
  }

  return {
    start: () => {
      if (!isStarted) void repetition.runNow();
      isStarted = true;
    },
    stop: () => {
      stopping.abort();
      repetition.stop();
    },
    ready: async () => {
      if (!isGood()) throw new KeysUnavailable('no signing keys');
    },
    has: (kid) => isGood() && keys.has(kid),
    get: async (kid) => {
      if (!KID_PATTERN.test(kid)) return undefined;
      // a process that has just started waits for its first fetch
      if (!isGood() && !failing && repetition.running)
        await withinListening(repetition.running, FIRST_FETCH_WAIT_MS);
      if (!isGood()) throw new KeysUnavailable('no signing keys');
      const key = keys.get(kid);
      if (key !== undefined) return key;
      if (repetition.running === undefined && now() - lookedForUnknownAt >= UNKNOWN_KID_COOLDOWN_MS) {
        lookedForUnknownAt = now();
        void repetition.runNow(); // repeats soon if it fails
      }
      await repetition.running;
      // auth may have published the key since the last good fetch
      if (failing) throw new KeysUnavailable('cannot fetch the keys to look for an unknown one');
      return keys.get(kid);
    },
  };
}

async function fetchKeys(url: string, stopping: AbortSignal): Promise<Map<string, string>> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.any([stopping, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the URL of the key set answered ${response.status}`);
  }
  const { keys } = JSON.parse(await readLimited(response)) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('the answer is not a key set');
  return new Map(keys.flatMap(usableKey));
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error('the key set is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Returns a key that can verify ES256, as PEM. Ignores all others, as RFC 7517 §5 asks. */
function usableKey(jwk: unknown): [kid: string, pem: string][] {
  if (typeof jwk !== 'object' || jwk === null) return [];
  const { kid, kty, crv, x, y, alg = 'ES256', use = 'sig' } = jwk as JsonWebKey & Record<string, unknown>;
  if (typeof kid !== 'string' || !KID_PATTERN.test(kid)) return [];
  if (kty !== 'EC' || crv !== 'P-256' || alg !== 'ES256' || use !== 'sig') return [];
  if (typeof x !== 'string' || typeof y !== 'string') return [];
  try {
    const key = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
    return [[kid, key.export({ type: 'spki', format: 'pem' }).toString()]];
  } catch {
    return []; // not a point of the curve
  }
}
