import { OperatorError } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { signingKeys } from '../db/schema.ts';
import { keyStates } from '../keys/key-states.ts';
import { PUBLISHED_AHEAD_MS, selectKeysForUpdate } from '../keys/repository.ts';

/** Replicas read the keys every 10 s: each must learn of the change before it comes. */
const NOTICE_MS = 30_000;

/** `changed` is false when the key was due to take over as soon already. */
export interface KeyRotation {
  kid: string;
  activeFrom: Date;
  changed: boolean;
}

/**
 * Lets the next key take over as soon as every verifier has it, without waiting for its time. The service then makes
 * another next key.
 *
 * @param db a transaction
 * @throws {OperatorError} when there is no next key
 */
export async function rotateSigningKey(db: NodePgDatabase, nowMs = Date.now()): Promise<KeyRotation> {
  const rows = await selectKeysForUpdate(db);
  const next = rows[keyStates(rows, nowMs).indexOf('next')];
  if (next === undefined) {
    throw new OperatorError(
      'There is no next signing key. A running auth process creates one within 10 s; try again.',
    );
  }
  const { kid } = next;
  const earliest = Math.max(next.createdAt.getTime() + PUBLISHED_AHEAD_MS, nowMs + NOTICE_MS);
  if (next.activeFrom.getTime() <= earliest) return { kid, activeFrom: next.activeFrom, changed: false };
  const activeFrom = new Date(earliest);
  await db.update(signingKeys).set({ activeFrom }).where(eq(signingKeys.kid, kid));
  return { kid, activeFrom, changed: true };
}
