import { DatabaseConfigSchema, loadJobConfig, OperatorError } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { signingKeys } from '../db/schema.ts';
import { keyStates } from '../keys/key-states.ts';
import { PUBLISHED_AHEAD_MS, selectKeysForUpdate } from '../keys/repository.ts';
import { defineCommand } from './command.ts';
import { withPostgres } from './stores.ts';

/** Each process reads the keys every 10 s, and must see the change before it takes effect. */
const NOTICE_MS = 30_000;

export const rotateSigningKeyCommand = defineCommand({
  name: 'rotate-signing-key',
  summary: 'Let the next signing key take over as soon as every resource server has it',
  async run(_given, { env }) {
    const { DATABASE_URL } = loadJobConfig(DatabaseConfigSchema, env);
    return report(await withPostgres(DATABASE_URL, (db) => rotateSigningKey(db)));
  },
});

function report({ kid, activeFrom, changed }: KeyRotation): string {
  const seconds = Math.max(0, Math.ceil((activeFrom.getTime() - Date.now()) / 1_000));
  const when = `at ${activeFrom.toISOString()}, in ${seconds} s`;
  return changed
    ? `Signing key ${kid} takes over ${when}.\n`
    : `Nothing was changed: signing key ${kid} takes over ${when}, as before.\n`;
}

/** `changed` is false if the key was already due that soon. */
export interface KeyRotation {
  kid: string;
  activeFrom: Date;
  changed: boolean;
}

/**
 * Lets the next key take over as soon as every resource server has it, before its time. The service then creates
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
