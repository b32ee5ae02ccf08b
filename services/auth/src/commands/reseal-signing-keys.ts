import { OperatorError } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import { insertSecurityEvents } from '../audit/security-events.ts';
import type { ResealSigningKeysConfig } from '../config.ts';
import { seal, unseal } from '../crypto/seal.ts';
import { parseSealingKeys } from '../crypto/sealing-keys.ts';
import { signingKeys } from '../db/schema.ts';
import { keyStates } from '../keys/key-states.ts';
import { withKeysLocked } from './with-keys-locked.ts';

/**
 * Seals every signing key under the first key of KEY_ENCRYPTION_KEY, so that the second can be dropped. Resolves to
 * how many were not yet. A key that is over, and that neither opens, stays as it is.
 *
 * @throws {OperatorError} when a key that is needed is opened by neither; then nothing was changed
 */
export function resealSigningKeys(config: ResealSigningKeysConfig, nowMs = Date.now()): Promise<number> {
  const [first, ...others] = parseSealingKeys(config.KEY_ENCRYPTION_KEY);
  return withKeysLocked(config.DATABASE_URL, async (db, rows) => {
    const states = keyStates(rows, nowMs);
    const resealed: string[] = [];
    for (const [index, { kid, sealedPrivateKey }] of rows.entries()) {
      if (unseal(sealedPrivateKey, [first], kid) !== undefined) continue;
      const privateKey = unseal(sealedPrivateKey, others, kid);
      if (privateKey === undefined && states[index] === 'gone') continue;
      if (privateKey === undefined) {
        throw new OperatorError(`KEY_ENCRYPTION_KEY does not open signing key ${kid}: nothing was changed.`);
      }
      await db
        .update(signingKeys)
        .set({ sealedPrivateKey: seal(privateKey, first, kid) })
        .where(eq(signingKeys.kid, kid));
      resealed.push(kid);
    }
    await insertSecurityEvents(
      db,
      resealed.map((kid) => ({ event: 'signing_key_resealed', outcome: 'succeeded', detail: kid })),
    );
    return resealed.length;
  });
}
