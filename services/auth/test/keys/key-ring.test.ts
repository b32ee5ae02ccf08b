import { randomBytes } from 'node:crypto';
import { unavailable } from '@pair/service-kit';
import { waitFor } from '@pair/test-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import t from 'tap';
import { unseal } from '../../src/crypto/seal.ts';
import { signingKeys } from '../../src/db/schema.ts';
import { keyStates } from '../../src/keys/key-states.ts';
import { removeGoneKeys, selectKeys } from '../../src/keys/repository.ts';
import { generateSigningKey } from '../../src/keys/signing-key.ts';
import { get, login, startAuth } from '../support/auth-under-test.ts';
import { DAY, kidsOf, newEncryptionKey, rings, SECOND } from '../support/rings.ts';

t.test('replicas that start together on an empty table share one active key and one next key', async (t) => {
  const { idleRing } = await rings(t);
  const replicas = Array.from({ length: 5 }, () => idleRing());
  await Promise.all(replicas.map((ring) => ring.reload()));
  await Promise.all(replicas.map((ring) => ring.reload()));
  t.equal(new Set(replicas.map((ring) => ring.signingKey().kid)).size, 1);
  t.equal(new Set(replicas.map((ring) => kidsOf(ring).join())).size, 1);
  t.equal(replicas[0] && kidsOf(replicas[0]).length, 2);
});

t.test(
  'all replicas rotate to the next key every 30 days, at the same moment and without a reload',
  async (t) => {
    const { ring, clock } = await rings(t);
    const start = clock.now;
    const [one, other] = [await ring(), await ring()];
    for (const month of [1, 2, 3]) {
      const [signing, next] = kidsOf(one).slice(-2);
      clock.now = start + month * 30 * DAY - 1;
      t.same([one.signingKey().kid, other.signingKey().kid], [signing, signing]);
      clock.now += 1;
      t.same([one.signingKey().kid, other.signingKey().kid], [next, next]);
      await Promise.all([one.reload(), other.reload()]);
      await Promise.all([one.reload(), other.reload()]);
      t.equal(kidsOf(one).length, 3, 'a new next key has been added');
      t.same(kidsOf(other), kidsOf(one));
      t.equal(one.signingKey().kid, next);
    }
  },
);

t.test('a retired key stays published until its last token has expired everywhere', async (t) => {
  const { ring, clock } = await rings(t);
  const start = clock.now;
  const one = await ring();
  const [first = '', second, third] = [...kidsOf(one)];
  t.equal(third, undefined);
  clock.now = start + 30 * DAY + 664 * SECOND;
  await one.reload();
  t.same(kidsOf(one).slice(0, 2), [first, second]);
  t.ok(one.has(first));
  clock.now = start + 30 * DAY + 665 * SECOND;
  await one.reload();
  t.equal(kidsOf(one)[0], second);
  t.notOk(one.has(first));
});

t.test(
  'after a long time without a process, the new next key is published for 300 s before it signs',
  async (t) => {
    const { ring, clock } = await rings(t);
    await ring();
    clock.now += 400 * DAY;
    const later = await ring();
    const [signing, next] = kidsOf(later);
    t.equal(later.signingKey().kid, signing);
    clock.now += 300 * SECOND - 1;
    t.equal(later.signingKey().kid, signing);
    clock.now += 1;
    t.equal(later.signingKey().kid, next);
  },
);

t.test('the keys survive a restart: an older token is still accepted', async (t) => {
  const auth = await startAuth(t);
  const { access_token } = await login(auth.app);
  const jwks = (await get(auth.app, '/.well-known/jwks.json')).json();
  await auth.app.close();
  const restarted = await auth.another();
  t.same((await get(restarted, '/.well-known/jwks.json')).json(), jwks);
  t.equal((await get(restarted, '/auth/me', access_token)).statusCode, 200);
});

t.test('private keys are sealed in the database', async (t) => {
  const { ring, pool } = await rings(t);
  const key = newEncryptionKey();
  await ring(key);
  for (const row of await drizzle({ client: pool }).select().from(signingKeys)) {
    t.equal(
      unseal(row.sealedPrivateKey, [randomBytes(32)], row.kid),
      undefined,
      'another key does not unseal it',
    );
    const sealingKeys = [Buffer.from(key, 'base64url')];
    t.equal(
      unseal(row.sealedPrivateKey, sealingKeys, 'other'),
      undefined,
      'nor does the right key for another row',
    );
    t.ok(unseal(row.sealedPrivateKey, sealingKeys, row.kid));
    t.notOk(row.sealedPrivateKey.includes(Buffer.from(row.publicJwk.x, 'base64url')));
  }
});

t.test('a wrong KEY_ENCRYPTION_KEY loads no keys, starts no process and writes nothing', async (t) => {
  const { ring, idleRing, pool, clock } = await rings(t);
  await ring();
  clock.now += 30 * DAY; // a rotation is due
  const wrong = idleRing(newEncryptionKey());
  const sentence = /^KEY_ENCRYPTION_KEY does not open signing key [\w-]{43}\. Set it /;
  await t.rejects(wrong.start(), { name: 'OperatorError', message: sentence });
  await t.rejects(wrong.ready());
  t.equal(await drizzle({ client: pool }).$count(signingKeys), 2);
});

t.test(
  'known keys stay in use when another process adds a key under another KEY_ENCRYPTION_KEY',
  async (t) => {
    const { ring, pool } = await rings(t);
    const one = await ring();
    const [signing, next = ''] = kidsOf(one);
    const db = drizzle({ client: pool });
    const stranger = generateSigningKey();
    await db.insert(signingKeys).values({
      kid: stranger.kid,
      publicJwk: stranger.publicJwk,
      sealedPrivateKey: randomBytes(100),
      activeFrom: new Date(),
    });
    await t.rejects(one.reload(), { message: /KEY_ENCRYPTION_KEY/ });
    t.equal(one.signingKey().kid, signing);
    t.same(kidsOf(one), [signing, next]);
    t.notOk(one.has(stranger.kid));
  },
);

t.test('a public key that an attacker changed in its row is not published', async (t) => {
  const { ring, pool } = await rings(t);
  const key = newEncryptionKey();
  await ring(key);
  await drizzle({ client: pool }).update(signingKeys).set({ publicJwk: generateSigningKey().publicJwk });
  await t.rejects(ring(key), { message: /does not match its row/ });
});

t.test('of two encryption keys the first seals and both unseal', async (t) => {
  const [older, newer] = [newEncryptionKey(), newEncryptionKey()];
  const sealedByOlder = await rings(t);
  await sealedByOlder.ring(older);
  await t.resolves(sealedByOlder.ring(`${newer},${older}`));

  const sealedByFirst = await rings(t);
  await sealedByFirst.ring(`${newer},${older}`);
  await t.resolves(sealedByFirst.ring(newer));
});

t.test('a key that only the feed has revoked neither signs nor verifies, and is not published', async (t) => {
  const { ring, revoked } = await rings(t);
  const one = await ring();
  const [signing = '', next = ''] = kidsOf(one);
  revoked.add(signing);
  t.equal(one.signingKey().kid, next);
  t.same(kidsOf(one), [next]);
  t.equal(await one.get(signing), undefined);
  t.notOk(one.has(signing));
});

t.test('after the revocation of all keys the ring creates new ones at once', async (t) => {
  const { ring, pool, clock, revoked } = await rings(t);
  const away = { message: unavailable().message };
  const one = await ring();
  const before = kidsOf(one);
  await drizzle({ client: pool })
    .update(signingKeys)
    .set({ revokedAt: new Date(clock.now) });
  for (const kid of before) revoked.add(kid);
  t.throws(() => one.signingKey(), away);
  t.throws(() => one.published(), away);
  await waitFor(() => one.signingKey());
  t.equal(kidsOf(one).length, 2);
  t.notOk(kidsOf(one).some((kid) => before.includes(kid)));
});

t.test('a key is removed when it has been gone for 90 days; the other keys keep their state', async (t) => {
  const { pool, ownerUrl, clock, ring } = await rings(t);
  const db = drizzle({ client: pool });
  const owner = new pg.Pool({ connectionString: ownerUrl });
  t.teardown(() => owner.end());
  const first = await ring();
  const start = clock.now;
  for (let month = 1; month <= 24; month++) {
    clock.now = start + month * 30 * DAY + SECOND;
    await first.reload();
  }
  t.equal((await selectKeys(db)).length, 26, 'two years of rotations');
  // PostgreSQL has its own clock: the rows move to the time at which they would be now
  const ago = `${(clock.now - Date.now()) / DAY} days`;
  await owner.query('UPDATE signing_keys SET active_from = active_from - $1::interval', [ago]);
  const before = await selectKeys(db);
  // revoked keys: long ago, long ago but never active, and lately
  const revoke = (index: number, days: number) =>
    owner.query(`UPDATE signing_keys SET revoked_at = now() - $1::interval WHERE kid = $2`, [
      `${days} days`,
      before[index]?.kid,
    ]);
  await revoke(3, 640);
  await revoke(5, 620);
  await revoke(7, 10);
  const kept = await selectKeys(db);
  const statesOf = (rows: typeof kept) =>
    new Map(keyStates(rows, Date.now()).map((state, index) => [rows[index]?.kid, state]));
  const states = statesOf(kept);

  await removeGoneKeys(db);
  const left = await selectKeys(db);
  t.equal(left.length, 6, 'next, active, three that were active in the last 90 days, and one revoked lately');
  t.ok(left.some(({ kid }) => kid === before[7]?.kid));
  for (const [kid, state] of statesOf(left)) t.equal(state, states.get(kid), `${kid}`);
  await removeGoneKeys(db);
  t.equal((await selectKeys(db)).length, 6);
});
