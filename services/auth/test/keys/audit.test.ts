import { testRedis } from '@pair/test-kit';
import { like } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import t, { type Test } from 'tap';
import { securityEvents } from '../../src/db/schema.ts';
import { revoke, rotate } from '../support/commands.ts';
import { DAY, kidsOf, rings, SECOND } from '../support/rings.ts';

async function auditedRings(t: Test) {
  const audited = await rings(t);
  const db = drizzle({ client: audited.pool });
  const events = async () => {
    const ofKeys = like(securityEvents.event, 'signing_key_%');
    const rows = await db.select().from(securityEvents).where(ofKeys).orderBy(securityEvents.id);
    return rows.map(({ event, outcome, detail }) => [event, outcome, detail]);
  };
  return { ...audited, db, events };
}

t.test('each rotation is one security event, for any cause and any number of processes', async (t) => {
  const { ring, clock, databaseUrl, db, events } = await auditedRings(t);
  const replicas = [await ring(), await ring(), await ring()];
  const [one] = replicas;
  if (one === undefined) return;
  const reload = () => Promise.all(replicas.map((replica) => replica.reload()));
  await reload();
  t.same(await events(), [], 'the first key replaces no other key');

  clock.now += 30 * DAY;
  await reload();
  const second = one.signingKey().kid;
  t.same(await events(), [['signing_key_rotated', 'succeeded', second]]);

  clock.now += 3_600 * SECOND;
  const { kid } = await rotate(databaseUrl, clock.now);
  await reload();
  t.equal((await events()).length, 1, 'no event before the key takes over');
  clock.now += 30 * SECOND;
  await reload();
  await reload();
  t.same((await events()).slice(1), [['signing_key_rotated', 'succeeded', kid]]);
  t.ok(
    (await db.select().from(securityEvents)).every(
      ({ actorId, address }) => actorId === null && address === null,
    ),
  );
});

t.test(
  'each revocation of a key is a security event, and so is the rotation that replaces an active key',
  async (t) => {
    const { ring, clock, databaseUrl, events } = await auditedRings(t);
    const redis = await testRedis(t);
    const config = { DATABASE_URL: databaseUrl, REDIS_URL: redis.url };
    const one = await ring();
    const [signing = '', next = ''] = kidsOf(one);

    clock.now += SECOND;
    await revoke(config, next, clock.now);
    await revoke(config, next, clock.now);
    await one.reload();
    const revocation = ['signing_key_revoked', 'succeeded', next];
    t.same(await events(), [revocation], 'one event, and no key has taken over');

    clock.now += SECOND;
    const { active = '' } = await revoke(config, signing, clock.now);
    await one.reload();
    t.same(await events(), [
      revocation,
      ['signing_key_revoked', 'succeeded', signing],
      ['signing_key_rotated', 'succeeded', active],
    ]);
  },
);

t.test('a rotation takes place even if its security event cannot be written', async (t) => {
  const { ring, clock, ownerUrl } = await auditedRings(t);
  const one = await ring();
  const [, next] = kidsOf(one);
  const owner = new pg.Client(ownerUrl);
  await owner.connect();
  await owner.query('ALTER TABLE security_events RENAME TO elsewhere');
  await owner.end();
  clock.now += 30 * DAY;
  await t.resolves(one.reload());
  t.equal(one.signingKey().kid, next);
  t.equal(kidsOf(one).length, 3);
});
