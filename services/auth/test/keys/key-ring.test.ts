import { randomBytes } from 'node:crypto';
import { testDatabase } from '@pair/test-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import Fastify from 'fastify';
import pg from 'pg';
import t, { type Test } from 'tap';
import { signingKeys } from '../../src/db/schema.ts';
import { migrateAuth } from '../../src/index.ts';
import { createKeyRing } from '../../src/keys/key-ring.ts';
import { open, seal } from '../../src/crypto/seal.ts';
import { generateSigningKey } from '../../src/keys/signing-key.ts';
import { get, login, startAuth } from '../auth-under-test.ts';

const SECOND = 1_000;
const { log } = Fastify();
const newKey = () => randomBytes(32).toString('base64url');

async function emptyPool(t: Test): Promise<pg.Pool> {
  const url = await testDatabase(t);
  await migrateAuth({ DATABASE_URL: url, ADMIN_USERNAME: 'admin' });
  const pool = new pg.Pool({ connectionString: url });
  t.teardown(() => pool.end());
  return pool;
}

t.test('replicas that start at once on an empty table share one key', async (t) => {
  const pool = await emptyPool(t);
  const key = newKey();
  const rings = Array.from({ length: 5 }, () => createKeyRing(pool, key, log));
  await Promise.all(rings.map((ring) => ring.reload()));
  t.equal(new Set(rings.map((ring) => ring.signingKey().kid)).size, 1);
});

t.test('the keys survive a restart: a token from before is accepted after it', async (t) => {
  const auth = await startAuth(t);
  const { access_token } = await login(auth.app);
  const jwks = (await get(auth.app, '/.well-known/jwks.json')).json();
  await auth.app.close();
  const restarted = await auth.another();
  t.same((await get(restarted, '/.well-known/jwks.json')).json(), jwks);
  t.equal((await get(restarted, '/auth/me', access_token)).statusCode, 200);
});

t.test('the JWKS has public members only, and may be cached for a minute', async (t) => {
  const auth = await startAuth(t);
  const response = await get(auth.app, '/.well-known/jwks.json');
  t.equal(response.headers['cache-control'], 'public, max-age=60');
  t.match(response.headers['content-type'], 'application/json');
  for (const key of response.json().keys) {
    t.same(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  }
});

t.test('private keys are sealed in the database', async (t) => {
  const pool = await emptyPool(t);
  const key = newKey();
  const ring = createKeyRing(pool, key, log);
  await ring.reload();
  const [row] = await drizzle({ client: pool }).select().from(signingKeys);
  if (row === undefined) return t.fail('no row');
  t.equal(open(row.sealedPrivateKey, [randomBytes(32)], row.kid), undefined, 'another key does not open it');
  t.equal(
    open(row.sealedPrivateKey, [Buffer.from(key, 'base64url')], 'other'),
    undefined,
    'nor on another row',
  );
  t.ok(open(row.sealedPrivateKey, [Buffer.from(key, 'base64url')], row.kid));
  t.notOk(row.sealedPrivateKey.includes(Buffer.from(row.publicJwk.x, 'base64url')));
});

t.test('a wrong KEY_ENCRYPTION_KEY is one clear sentence, and the ring has no keys', async (t) => {
  const pool = await emptyPool(t);
  await createKeyRing(pool, newKey(), log).reload();
  const ring = createKeyRing(pool, newKey(), log);
  await t.rejects(ring.reload(), { message: /^KEY_ENCRYPTION_KEY does not open signing key/ });
  await t.rejects(ring.ready());
});

t.test('a public key that was changed in its row is not published', async (t) => {
  const pool = await emptyPool(t);
  const key = newKey();
  await createKeyRing(pool, key, log).reload();
  await drizzle({ client: pool }).update(signingKeys).set({ publicJwk: generateSigningKey().publicJwk });
  const ring = createKeyRing(pool, key, log);
  await t.rejects(ring.reload(), { message: /is not the key that its row says/ });
  t.throws(() => ring.jwks());
});

t.test('of two encryption keys either opens, and the first seals', async (t) => {
  const pool = await emptyPool(t);
  const [older, newer] = [newKey(), newKey()];
  await createKeyRing(pool, older, log).reload();
  await t.resolves(createKeyRing(pool, `${newer},${older}`, log).reload());

  const another = await emptyPool(t);
  await createKeyRing(another, `${newer},${older}`, log).reload();
  await t.resolves(createKeyRing(another, newer, log).reload());
});

t.test(
  'a key is published before it signs, signs from its time on, and the one before stays until its tokens are over',
  async (t) => {
    const pool = await emptyPool(t);
    const key = newKey();
    let now = Date.now();
    const ring = createKeyRing(pool, key, log, () => now);
    await ring.reload();
    const first = ring.signingKey().kid;
    const second = generateSigningKey();
    const activeFrom = now + 300 * SECOND;
    await drizzle({ client: pool })
      .insert(signingKeys)
      .values({
        kid: second.kid,
        publicJwk: second.publicJwk,
        sealedPrivateKey: seal(second.privateKey, Buffer.from(key, 'base64url'), second.kid),
        activeFrom: new Date(activeFrom),
      });
    const published = () => ring.jwks().keys.map(({ kid }) => kid);

    await ring.reload();
    t.same(published(), [first, second.kid]);
    t.equal(ring.signingKey().kid, first);
    now = activeFrom;
    t.equal(ring.signingKey().kid, second.kid, 'without a reload');
    now = activeFrom + 600 * SECOND;
    await ring.reload();
    t.same(published(), [first, second.kid]);
    now = activeFrom + 665 * SECOND;
    await ring.reload();
    t.same(published(), [second.kid]);
    t.equal(ring.has(first), false);
  },
);
