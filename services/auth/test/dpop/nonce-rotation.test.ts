import type { AddressInfo } from 'node:net';
import { NONCE_INTERVAL_SECONDS } from '@pair/access-token';
import { waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import t from 'tap';
import { ADMIN, startAuth } from '../support/auth-under-test.ts';
import { dpopClient } from '../support/dpop.ts';
import { resourceServer } from '../support/resource-server.ts';

const auth = await startAuth(t);
const redis = auth.redisClient();
const client = await dpopClient(auth);
const { nonces } = auth.within.revocationFeed;

async function announced(): Promise<string[]> {
  const entries = await redis.xrange('{auth}:revocations', '-', '+');
  return entries.flatMap(([, [kind, id = '']]) => (kind === 'nonce' ? [id] : []));
}

t.test('any number of processes make one nonce a minute, which each of them accepts', async (t) => {
  const others = [await auth.another(), await auth.another(), await auth.another()];
  t.equal((await announced()).length, 1, 'the processes that started later made none');
  const [first = ''] = await announced();
  const leftMs = await redis.pttl('{auth}:nonce');
  t.ok(leftMs > 0 && leftMs <= NONCE_INTERVAL_SECONDS * 1_000);

  // a minute later, in all processes at once: each of them starts with an attempt
  await redis.del('{auth}:nonce');
  await Promise.all([auth.another(), auth.another(), auth.another()]);
  const nonceNames = await announced();
  t.equal(nonceNames.length, 2, 'three processes made one');
  t.equal(nonceNames[0], first);
  t.not(nonceNames[1], first);
  await waitFor(() => nonces.accepts(nonceNames[1] ?? ''), 1_000);
  t.ok(nonces.accepts(first), 'the one before is accepted too');

  const [, newest] = nonceNames;
  const signIn = (via: FastifyInstance, nonce: string | undefined) =>
    client.post('/auth/login', ADMIN, {
      via,
      proof: client.prove('POST', '/auth/login', { claims: { nonce } }),
    });
  for (const via of [auth.app, ...others]) {
    await waitFor(async () => (await signIn(via, first)).headers['dpop-nonce'] === newest);
    for (const nonce of [first, newest]) t.equal((await signIn(via, nonce)).statusCode, 200);
  }
});

t.test('another service knows a new nonce within a second', async (t) => {
  await auth.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = auth.app.server.address() as AddressInfo;
  const api = await resourceServer(t, {
    jwksUrl: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    redisUrl: auth.config.REDIS_URL,
    issuer: auth.config.ISSUER,
  });
  const { access_token: accessToken } = (await client.post('/auth/login', ADMIN)).json();
  const status = (nonce: string | undefined) =>
    api.statusWithProof(accessToken, client.prove('GET', '/', { accessToken, claims: { nonce } }));
  t.equal(await status('unknown'), 401);
  await redis.del('{auth}:nonce');
  await auth.another();
  const made = (await announced()).at(-1);
  await waitFor(async () => (await status(made)) === 200, 1_000);
});

t.test('a nonce is no secret and no counter: 128 random bits', async (t) => {
  const names = await announced();
  for (const name of names) t.match(name, /^[A-Za-z0-9_-]{22}$/);
  t.equal(new Set(names).size, names.length);
});
