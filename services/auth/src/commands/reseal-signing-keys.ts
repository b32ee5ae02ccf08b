import { OperatorError } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { insertSecurityEvents } from '../audit/security-events.ts';
import { seal, unseal } from '../crypto/seal.ts';
import type { SealingKeys } from '../crypto/sealing-keys.ts';
import { signingKeys } from '../db/schema.ts';
import { keyStates } from '../keys/key-states.ts';
import { selectKeysForUpdate } from '../keys/repository.ts';

/**
 * Seals every signing key under the first of the sealing keys, so that the others can be dropped. Resolves to the
 * number of keys that were under another. A signing key that is over, and that no sealing key opens, stays as it is.
 *
 * @param db a transaction
 * @throws {OperatorError} when no sealing key opens a signing key that is needed
 */
export async function resealSigningKeys(
  db: NodePgDatabase,
  [first, ...others]: SealingKeys,
  nowMs = Date.now(),
): Promise<number> {
  const rows = await selectKeysForUpdate(db);
  const states = keyStates(rows, nowMs);
  const resealed: string[] = [];
  for (const [index, { kid, sealedPrivateKey }] of rows.entries()) {
    if (unseal(sealedPrivateKey, [first], kid) !== undefined) continue;
    const privateKey = unseal(sealedPrivateKey, others, kid);
    if (privateKey === undefined && states[index] === 'gone') continue;
    if (privateKey === undefined) {
      throw new OperatorError(
        `KEY_ENCRYPTION_KEY does not open signing key ${kid}, so nothing was changed: give the key it was sealed under, as a pair "new,old".`,
      );
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
}
