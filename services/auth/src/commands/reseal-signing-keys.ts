import { loadJobConfig, OperatorError } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { insertSecurityEvents } from '../audit/security-events.ts';
import { ResealSigningKeysConfigSchema } from '../config.ts';
import { seal, unseal } from '../crypto/seal.ts';
import { parseSealingKeys, type SealingKeys } from '../crypto/sealing-keys.ts';
import { signingKeys } from '../db/schema.ts';
import { keyStates } from '../keys/key-states.ts';
import { selectKeysForUpdate } from '../keys/repository.ts';
import { defineCommand } from './command.ts';
import { withPostgres } from './stores.ts';

export const resealSigningKeysCommand = defineCommand({
  name: 'reseal-signing-keys',
  summary: 'Seal all signing keys under the first key of KEY_ENCRYPTION_KEY, to drop the second',
  async run(_given, { env }) {
    const { DATABASE_URL, KEY_ENCRYPTION_KEY } = loadJobConfig(ResealSigningKeysConfigSchema, env);
    const sealingKeys = parseSealingKeys(KEY_ENCRYPTION_KEY);
    const resealed = await withPostgres(DATABASE_URL, (db) => resealSigningKeys(db, sealingKeys));
    return `${resealed} signing keys were resealed. All that are in use are under the first key of KEY_ENCRYPTION_KEY: you can drop the second.\n`;
  },
});

/**
 * Seals every signing key under the first sealing key, so that the operator can drop the others. Resolves to the number of
 * keys that were under another. A key that is no longer in use, and that no sealing key opens, stays as it is.
 *
 * @param db a transaction
 * @throws {OperatorError} when no sealing key opens a signing key that is in use
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
