import { loadJobConfig, OperatorError } from '@pair/service-kit';
import { eq, inArray } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { insertSecurityEvents } from '../audit/security-events.ts';
import { StoresConfigSchema } from '../config.ts';
import { type SigningKeyRow, signingKeys } from '../db/schema.ts';
import { ANNOUNCED_MS, type AnnounceKeys, keyAnnouncer } from '../keys/announce-keys.ts';
import { keyStates } from '../keys/key-states.ts';
import { selectKeysForUpdate } from '../keys/repository.ts';
import { wrong } from './arguments.ts';
import { defineCommand } from './command.ts';
import { withPostgres, withRedis } from './stores.ts';

export const revokeSigningKeyCommand = defineCommand({
  name: 'revoke-signing-key',
  summary: 'Refuse a signing key that an attacker may have, everywhere within a second',
  operands: ['kid?'],
  options: { all: { summary: 'Revoke every key, instead of the one that <kid> names' } },
  details:
    'The kids are at /.well-known/jwks.json, and in the header of each token. Write -- before a kid that begins with --.',
  async run({ kid, options }, { env }) {
    if ((kid === undefined) !== options.all) {
      throw wrong('revoke-signing-key', '"revoke-signing-key" takes a kid or --all');
    }
    const config = loadJobConfig(StoresConfigSchema, env);
    const revoked = await withRedis(config, (redis, clock, replication) =>
      withPostgres(config.DATABASE_URL, (db) =>
        revokeSigningKeys(db, keyAnnouncer(redis, clock, replication), kid ?? 'all'),
      ),
    );
    return report(revoked);
  },
});

function report({ kids, active }: RevokedKeys): string {
  const revoked = kids.map((kid) => `Signing key ${kid} is revoked.\n`).join('');
  return active === undefined
    ? `${revoked}No key is left. A running auth creates one; verifiers pick it up within a minute.\n`
    : `${revoked}Signing key ${active} signs.\n`;
}

/** `active` is the key that signs from now on; undefined if the service has to create one. */
export interface RevokedKeys {
  kids: string[];
  active: string | undefined;
}

/**
 * Revokes one key or all, which an attacker may have: every resource server refuses them within a second, and the next
 * key signs. A second call announces the revocation again. The announcement precedes COMMIT: if COMMIT fails, resource
 * servers refuse the key for two hours only, and the operator must repeat the command.
 *
 * @param db a transaction
 * @throws {OperatorError} when there is no such key
 */
export async function revokeSigningKeys(
  db: NodePgDatabase,
  announce: AnnounceKeys,
  which: string | 'all',
  nowMs = Date.now(),
): Promise<RevokedKeys> {
  const rows = await selectKeysForUpdate(db);
  const chosen = rows.filter(({ kid }) => which === 'all' || kid === which);
  if (chosen.length === 0) throw noKey(which);
  const revokedAt = new Date(nowMs);
  const unrevoked = chosen.filter((row) => row.revokedAt === null);
  await revoke(db, kidsOf(unrevoked), revokedAt);

  const after = rows.map((row) => (unrevoked.includes(row) ? { ...row, revokedAt } : row));
  const active = after[keyStates(after, nowMs).indexOf('active')];
  if (active !== undefined && active.activeFrom > revokedAt) {
    await db.update(signingKeys).set({ activeFrom: revokedAt }).where(eq(signingKeys.kid, active.kid));
  }
  await announce(kidsOf(chosen), nowMs + ANNOUNCED_MS);
  return { kids: kidsOf(chosen), active: active?.kid };
}

function noKey(which: string | 'all'): OperatorError {
  return new OperatorError(
    which === 'all'
      ? 'There are no signing keys: start auth, which creates them.'
      : 'There is no such signing key: the kids are at /.well-known/jwks.json.',
  );
}

const kidsOf = (rows: readonly SigningKeyRow[]) => rows.map(({ kid }) => kid);

async function revoke(db: NodePgDatabase, kids: string[], revokedAt: Date): Promise<void> {
  await db.update(signingKeys).set({ revokedAt }).where(inArray(signingKeys.kid, kids));
  await insertSecurityEvents(
    db,
    kids.map((kid) => ({ event: 'signing_key_revoked', outcome: 'succeeded', detail: kid })),
  );
}
