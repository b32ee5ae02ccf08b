import { randomBytes } from 'node:crypto';
import { drizzle } from 'drizzle-orm/node-postgres';
import t from 'tap';
import { resealSigningKeys, resealSigningKeysCommand } from '../../src/commands/reseal-signing-keys.ts';
import { withPostgres } from '../../src/commands/stores.ts';
import { parseSealingKeys } from '../../src/crypto/sealing-keys.ts';
import { signingKeys } from '../../src/db/schema.ts';
import { runCommand } from '../support/commands.ts';
import { newEncryptionKey, rings } from '../support/rings.ts';

/** Reseals the keys as the command does. */
function reseal(databaseUrl: string, ...encryptionKeys: string[]): Promise<number> {
  const sealingKeys = parseSealingKeys(encryptionKeys.join());
  return withPostgres(databaseUrl, (db) => resealSigningKeys(db, sealingKeys));
}

t.test(
  'reseal: the operator can drop the old encryption key, and signing keys and tokens stay the same',
  async (t) => {
    const { ring, pool, databaseUrl } = await rings(t);
    const [older, newer] = [newEncryptionKey(), newEncryptionKey()];
    const before = await ring(older);
    const env = { DATABASE_URL: databaseUrl, KEY_ENCRYPTION_KEY: `${newer},${older}` };
    const command = await runCommand(resealSigningKeysCommand, [], env);
    t.equal(command.code, 0);
    t.equal(
      command.output,
      '2 signing keys were resealed. All that are in use are under the first key of KEY_ENCRYPTION_KEY: you can drop the second.\n',
    );

    const after = await ring(newer);
    t.same(after.published(), before.published());
    t.equal(after.signingKey().privatePem, before.signingKey().privatePem);
    await t.rejects(ring(older), { message: /does not open/ });
    t.equal(await reseal(databaseUrl, newer, older), 0, 'a repeat finds nothing to do');
    t.equal(await reseal(databaseUrl, newer), 0, 'the newer key alone finds nothing to do');
    const { rows } = await pool.query(
      "SELECT event, detail FROM security_events WHERE event LIKE 'signing_key_%'",
    );
    const kids = (await drizzle({ client: pool }).select().from(signingKeys)).map(({ kid }) => kid);
    t.same(
      new Set(rows.map(({ detail }) => detail)),
      new Set(kids),
      'each resealed key is one security event',
    );
    t.ok(rows.length === 2 && rows.every(({ event }) => event === 'signing_key_resealed'));
  },
);

t.test(
  'reseal: a signing key that no sealing key opens is one clear sentence, and changes nothing',
  async (t) => {
    const { ring, pool, databaseUrl } = await rings(t);
    const [older, newer] = [newEncryptionKey(), newEncryptionKey()];
    await ring(older);
    const db = drizzle({ client: pool });
    const [row] = await db.select().from(signingKeys).limit(1);
    if (row === undefined) return t.fail('no key');
    // the last of all keys: the keys before it are resealed by then
    await db.insert(signingKeys).values({
      ...row,
      kid: 'sealed-by-a-stranger',
      sealedPrivateKey: randomBytes(100),
      activeFrom: new Date('2100-01-01'),
    });
    const before = await db.select().from(signingKeys);
    const env = { DATABASE_URL: databaseUrl, KEY_ENCRYPTION_KEY: `${newer},${older}` };
    const command = await runCommand(resealSigningKeysCommand, [], env);
    t.equal(command.code, 1);
    t.equal(
      command.output,
      'KEY_ENCRYPTION_KEY does not open signing key sealed-by-a-stranger, so nothing was changed: give the key it was sealed under, as a pair "new,old".\n',
    );
    t.same(await db.select().from(signingKeys), before);

    await db.update(signingKeys).set({ revokedAt: new Date() });
    t.equal(
      await reseal(databaseUrl, newer, older),
      2,
      'a key that is no longer in use needs no sealing key',
    );
  },
);
