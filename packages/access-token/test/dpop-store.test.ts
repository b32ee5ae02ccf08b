import { readFileSync } from 'node:fs';
import { metricsOf, mintClaims, testRedis, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { boundSystem } from './support/bound-system.ts';

async function withOwnRedis(t: Test) {
  const own = await testRedis(t);
  const client = new Redis(own.url);
  client.on('error', () => {}); // the test stops this server
  t.teardown(() => client.disconnect());
  return { own, client, system: await boundSystem(t, 1, { settings: { DPOP_REDIS_URL: own.url } }) };
}

t.test('with DPOP_REDIS_URL used proofs are in that Redis alone', async (t) => {
  const { client, system } = await withOwnRedis(t);
  const { redis, first, prove, send } = system;
  const proof = prove();
  t.equal((await send(proof)).statusCode, 200);
  t.equal((await send(proof)).statusCode, 401, 'a second time');
  t.equal((await client.keys('*')).length, 1);
  t.match(await client.keys('*'), [/^\{dpop\}:test:/]);
  t.strictSame(await redis.client.keys('{dpop}*'), []);
  const { checks } = (await first.app.inject('/readyz')).json();
  t.match(checks, { 'test: Redis': 'ok', 'test: Redis of DPoP': 'ok' });
});

t.test('the rights that the documentation lists for that Redis suffice, also with a replica', async (t) => {
  const documented = /^user auth on >PASSWORD (resetchannels %W~\{dpop\}.+)$/m.exec(
    readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8'),
  );
  const rights = documented?.[1]?.replace('{dpop}:auth:', '{dpop}:test:').replace(' +client|setinfo', ''); // Redis 7.0 does not know it
  const own = await testRedis(t, { config: [`user auth on >secret ${rights}`] });
  await testRedis(t, { args: ['--replicaof', '127.0.0.1', String(own.port)] });
  const settings = { DPOP_REDIS_URL: `redis://auth:secret@127.0.0.1:${own.port}`, REDIS_REPLICAS: 1 };
  const { prove, send } = await boundSystem(t, 1, { settings });
  await waitFor(async () => (await send(prove())).statusCode === 200);
  const acl = new Redis(own.url);
  t.teardown(() => acl.disconnect());
  t.strictSame(await acl.call('ACL', 'LOG'), [], 'nothing was refused');
});

t.test('a process is not ready while that Redis may evict a used proof', async (t) => {
  const { client, system } = await withOwnRedis(t);
  const readiness = () => system.first.app.inject('/readyz');
  await client.config('SET', 'maxmemory-policy', 'volatile-lru');
  const refused = await readiness();
  t.equal(refused.statusCode, 503);
  t.match(refused.json().detail, 'test: Redis of DPoP');
  await client.config('SET', 'maxmemory-policy', 'noeviction');
  t.equal((await readiness()).statusCode, 200);
});

t.test('while that Redis is away a proof is 503 and a Bearer token 200; it recovers', async (t) => {
  const { own, system } = await withOwnRedis(t);
  const { first, prove, send } = system;
  const bearer = { scheme: 'Bearer', access: await first.key.sign(mintClaims()) };
  await own.stop();
  const refused = await send(prove());
  t.equal(refused.statusCode, 503);
  t.equal(refused.headers['retry-after'], '1');
  t.equal((await send(undefined, bearer)).statusCode, 200);
  const readiness = await first.app.inject('/readyz');
  t.equal(readiness.statusCode, 503);
  t.match(readiness.json().detail, 'test: Redis of DPoP');
  await own.start();
  await waitFor(async () => (await send(prove())).statusCode === 200);
});

t.test('without replicas a proof is one command', async (t) => {
  const { redis, prove, send } = await boundSystem(t);
  const calls = async (command: string) =>
    Number(
      new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await redis.client.info('commandstats'))?.[1] ?? 0,
    );
  const before = await calls('set');
  t.equal((await send(prove())).statusCode, 200);
  t.equal((await calls('set')) - before, 1);
  t.equal(await calls('wait'), 0);
});

t.test('a proof counts as used when the replica has it; a repeated one needs no replica', async (t) => {
  const primary = await testRedis(t);
  const replica = await testRedis(t, { args: ['--replicaof', '127.0.0.1', String(primary.port)] });
  const settings = { DPOP_REDIS_URL: primary.url, REDIS_REPLICAS: 1 };
  const { prove, send } = await boundSystem(t, 1, { settings });
  await waitFor(async () => (await send(prove())).statusCode === 200);
  const proof = prove();
  t.equal((await send(proof)).statusCode, 200);
  replica.pause();
  t.equal((await send(prove())).statusCode, 503);
  let repeated = 503; // a busy machine may replace the connection
  await waitFor(async () => {
    repeated = (await send(proof)).statusCode;
    return repeated !== 503;
  });
  t.equal(repeated, 401);
  replica.resume();
  await waitFor(async () => (await send(prove())).statusCode === 200);
});

t.test('proofs are counted by outcome, and the age of the newest nonce is known', async (t) => {
  const { redis, first, prove, send } = await boundSystem(t, 1, { METRICS_PORT: 0 });
  const outcomes = async () => {
    const value = await metricsOf(first.app);
    const of = (outcome: string) => value(`dpop_proofs_total{service="test",outcome="${outcome}"}`);
    return Object.fromEntries(['accepted', 'invalid', 'nonce', 'used', 'unavailable'].map((o) => [o, of(o)]));
  };
  t.strictSame(await outcomes(), { accepted: 0, invalid: 0, nonce: 0, used: 0, unavailable: 0 });
  const proof = prove();
  for (const each of [proof, proof, proof, undefined, prove({ htm: 'POST' }), prove({}, 'unknown')])
    await send(each);
  t.strictSame(await outcomes(), { accepted: 1, invalid: 2, nonce: 1, used: 2, unavailable: 0 });
  await redis.server.stop();
  await send(prove());
  t.match(await outcomes(), { accepted: 1, unavailable: 1 });
  first.clock.aheadMs = 130_000;
  await send(prove());
  t.match(await outcomes(), { accepted: 1 });
  const age = (await metricsOf(first.app))('dpop_nonce_age_seconds{service="test"}') ?? 0;
  t.ok(age >= 130 && age < 200, `${age} s`);
});
