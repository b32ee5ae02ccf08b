import { randomBytes } from 'node:crypto';
import { NONCE_INTERVAL_SECONDS, NONCE_LIFETIME_SECONDS, REVOCATIONS_STREAM } from '@pair/access-token';
import { isStoreUnavailable, Problem, repeat } from '@pair/service-kit';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import { ANNOUNCE } from '../redis/announcements.ts';
import type { RedisClock } from '../redis/clock.ts';
import { defineScripts } from '../redis/deadline.ts';
import { script } from '../redis/script.ts';

const NONCE_BYTES = 16;
const RETRY_MS = 500;

const ROTATE_NONCE = script('rotate-nonce', {
  keys: ['nonceKey', 'streamKey'],
  args: { newNonce: 'string' },
  constants: {
    ...ANNOUNCE,
    NONCE_INTERVAL_MS: NONCE_INTERVAL_SECONDS * 1_000,
    NONCE_LIFETIME_MS: NONCE_LIFETIME_SECONDS * 1_000,
  },
  decode: Number,
});

/**
 * Makes a nonce for proofs each minute (RFC 9449 §8), and announces it to every process of both services. All processes of auth
 * try at the same moment, and one of them succeeds.
 */
export const nonceRotation = fp(
  async (app) => {
    const rotate = nonceRotator(app.redis, app.redisClock);
    let dueInMs = 0;
    const repetition = repeat(
      async () => {
        dueInMs = await rotate();
      },
      {
        pauseMs: (failures) => (failures === 0 ? dueInMs : RETRY_MS),
        onFailure: (err) => {
          const isAway = isStoreUnavailable(err) || err instanceof Problem; // the log already has a line for a store that is away
          if (!isAway) app.log.error({ err }, 'cannot make a nonce for proofs');
        },
      },
    );
    app.addHook('onReady', async () => void repetition.runNow());
    app.addHook('onClose', async () => repetition.stop());
  },
  { name: 'nonce-rotation', dependencies: ['redis', 'redis-clock'] },
);

/** Returns a function that makes a nonce if one is due, and resolves to the time until the next one is, in ms. */
export function nonceRotator(redis: Redis, clock: RedisClock): () => Promise<number> {
  const scripts = defineScripts(redis, clock, { rotate: ROTATE_NONCE }, clock.now);
  return () =>
    scripts.rotate({
      nonceKey: '{auth}:nonce',
      streamKey: REVOCATIONS_STREAM,
      newNonce: randomBytes(NONCE_BYTES).toString('base64url'),
    });
}
