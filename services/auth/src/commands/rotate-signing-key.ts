import { OperatorError } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { RotateSigningKeyConfig } from '../config.ts';
import { signingKeys } from '../db/schema.ts';
import { keyStates } from '../keys/key-states.ts';
import { PUBLISHED_AHEAD_MS } from '../keys/repository.ts';
import { withKeysLocked } from './with-keys-locked.ts';

/** Replicas read the keys every 10 s: each is to know of the change before it comes. */
const NOTICE_MS = 30_000;

/** `changed` is false when the key was to take over as soon already. */
export interface Rotation {
  kid: string;
  activeFrom: Date;
  changed: boolean;
}

/**
 * Lets the next key take over as soon as every verifier has it, without waiting for its time. The service then makes
 * another next one.
 *
 * @throws {OperatorError}
 */
export function rotateSigningKey(config: RotateSigningKeyConfig, nowMs = Date.now()): Promise<Rotation> {
  return withKeysLocked(config.DATABASE_URL, async (db, rows) => {
    const next = rows[keyStates(rows, nowMs).indexOf('next')];
    if (next === undefined) {
      throw new OperatorError('There is no next signing key: a process of auth that runs makes one in 10 s.');
    }
    const { kid } = next;
    const earliest = Math.max(next.createdAt.getTime() + PUBLISHED_AHEAD_MS, nowMs + NOTICE_MS);
    if (next.activeFrom.getTime() <= earliest) return { kid, activeFrom: next.activeFrom, changed: false };
    const activeFrom = new Date(earliest);
    await db.update(signingKeys).set({ activeFrom }).where(eq(signingKeys.kid, kid));
    return { kid, activeFrom, changed: true };
  });
}
