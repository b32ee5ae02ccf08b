import { randomUUID } from 'node:crypto';
import { mintClaims, mintKey, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready, redisWithEpoch } from './support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const redis = await redisWithEpoch(t);
const { app, send, key, log } = await customersProcess(t, { databaseUrl, redisUrl: redis.url });
await ready(app);

const body = { name: 'Ann', dob: '1960-05-25' };
const { id } = (await send('POST', '/customers', { body })).json();
const READS = [
  ['GET', '/customers?n=5'],
  ['HEAD', '/customers?n=5'],
  ['GET', `/customers/${id}`],
  ['HEAD', `/customers/${id}`],
  ['GET', '/customers/export'],
  ['HEAD', '/customers/export'],
] as const;
const WRITES = [
  ['POST', '/customers'],
  ['PUT', `/customers/${id}`],
  ['PATCH', `/customers/${id}`],
  ['DELETE', `/customers/${id}`],
  ['POST', '/customers/import'],
] as const;
const bodyOf = (method: string) => (['POST', 'PUT', 'PATCH'].includes(method) ? { body } : {});

async function nothingWritten(t: Tap) {
  const { rows } = await client.query('SELECT id, version FROM customers');
  t.same(rows, [{ id, version: 1 }], 'nothing was written');
}
type Tap = typeof t;

t.test('every route needs a token', async (t) => {
  for (const [method, url] of [...READS, ...WRITES]) {
    const response = await send(method, url, { token: null, ...bodyOf(method) });
    t.equal(response.statusCode, 401, `${method} ${url}`);
    // without an error code (RFC 6750 §3), and with the way to a token (RFC 9728 §5.1)
    const metadata = 'http://localhost:8080/.well-known/oauth-protected-resource';
    t.equal(
      response.headers['www-authenticate'],
      `Bearer resource_metadata="${metadata}", DPoP algs="ES256", resource_metadata="${metadata}"`,
    );
  }
  await nothingWritten(t as Tap);
});

t.test(
  'a request whose Accept fits no type is 406 after the checks of token and scope, and writes nothing',
  async (t) => {
    const scopeless = await key.sign(mintClaims({ scope: '' }));
    for (const [method, url] of [...READS, ...WRITES]) {
      const request = { headers: { accept: 'image/png' }, ...bodyOf(method) };
      t.equal((await send(method, url, { ...request, token: null })).statusCode, 401, `${method} ${url}`);
      t.equal(
        (await send(method, url, { ...request, token: scopeless })).statusCode,
        403,
        `${method} ${url}`,
      );
    }
    // neither DELETE, which answers no body, nor an import, whose body is not a file here
    for (const [method, url] of [...READS, ...WRITES.slice(0, 3)]) {
      const response = await send(method, url, { headers: { accept: 'image/png' }, ...bodyOf(method) });
      t.equal(response.statusCode, 406, `${method} ${url}`);
      t.match(response.headers['content-type'], /^application\/problem\+json/);
    }
    await nothingWritten(t as Tap);
  },
);

t.test('every route refuses a token of another key, issuer or audience, and an expired one', async (t) => {
  const now = Math.floor(Date.now() / 1_000);
  const tokens = {
    'another key': await (await mintKey()).sign(mintClaims(), { kid: key.kid }),
    'another issuer': await key.sign(mintClaims({ iss: 'http://evil' })),
    'another audience': await key.sign(mintClaims({ aud: 'http://evil' })),
    expired: await key.sign(mintClaims({ iat: now - 700, exp: now - 100 })),
  };
  for (const [name, token] of Object.entries(tokens)) {
    for (const [method, url] of [...READS, ...WRITES]) {
      const response = await send(method, url, { token, ...bodyOf(method) });
      t.equal(response.statusCode, 401, `${name}: ${method} ${url}`);
      t.match(response.headers['www-authenticate'], /^Bearer .*error="invalid_token"/);
    }
  }
  await nothingWritten(t as Tap);
});

t.test('customers:read allows reading alone', async (t) => {
  const token = await key.sign(mintClaims({ scope: 'customers:read' }));
  for (const [method, url] of READS)
    t.equal((await send(method, url, { token })).statusCode, 200, `${method} ${url}`);
  for (const [method, url] of WRITES) {
    const response = await send(method, url, { token, ...bodyOf(method) });
    t.match(response.json(), { status: 403, code: 'insufficient_scope' }, `${method} ${url}`);
    t.match(
      response.headers['www-authenticate'],
      /error="insufficient_scope", scope="customers:write", resource_metadata="http/,
    );
  }
  await nothingWritten(t as Tap);
});

t.test('customers:write allows writing alone', async (t) => {
  const token = await key.sign(mintClaims({ scope: 'customers:write' }));
  for (const [method, url] of READS)
    t.equal((await send(method, url, { token })).statusCode, 403, `${method} ${url}`);
  const created = await send('POST', '/customers', { token, body });
  t.equal(created.statusCode, 201);
  t.equal((await send('DELETE', String(created.headers.location), { token })).statusCode, 204);
});

t.test('other scopes allow nothing', async (t) => {
  for (const scope of [
    '',
    'users:admin',
    'customers',
    'customers:readx',
    'xcustomers:read',
    'CUSTOMERS:READ',
    'customers:read,customers:write',
  ]) {
    const token = await key.sign(mintClaims({ scope }));
    for (const [method, url] of [...READS, ...WRITES]) {
      t.equal(
        (await send(method, url, { token, ...bodyOf(method) })).statusCode,
        403,
        `${scope}: ${method} ${url}`,
      );
    }
  }
  await nothingWritten(t as Tap);
});

t.test('a token is refused within a second of the end of its session', async (t) => {
  const sid = randomUUID();
  const token = await key.sign(mintClaims({ sid }));
  t.equal((await send('GET', '/customers?n=5', { token })).statusCode, 200);
  const auth = new Redis(redis.url);
  t.teardown(() => auth.disconnect());
  const until = Math.floor(Date.now() / 1_000) + 600;
  await auth.xadd('{auth}:revocations', '*', 'sid', sid, 'until', until);
  await waitFor(async () => (await send('GET', '/customers?n=5', { token })).statusCode === 401, 1_000);
  t.equal((await send('GET', '/customers?n=5')).statusCode, 200, 'other sessions go on');
});

t.test('an invalid token is refused before the body is read', async (t) => {
  for (const payload of ['{', 'x'.repeat(20_000)]) {
    t.equal((await send('POST', '/customers', { token: null, body: payload })).statusCode, 401);
  }
});

t.test('a subject has a limit for its requests, and 0 is no limit', async (t) => {
  const limited = await customersProcess(
    t,
    { databaseUrl, redisUrl: redis.url },
    { SUBJECT_RATE_LIMIT: 1, SUBJECT_RATE_BURST: 2 },
  );
  await ready(limited.app);
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => limited.send('GET', `/customers/${id}`)));
  t.match(answers[0], { statusCode: 200, headers: { ratelimit: '"subject";r=1;t=1' } });
  const refused = answers.find(({ statusCode }) => statusCode === 429);
  t.match(refused?.headers, { 'retry-after': '1', ratelimit: '"subject";r=0;t=2' });
  t.equal(refused?.json().code, 'rate_limit_exceeded');
  const unlimited = await customersProcess(
    t,
    { databaseUrl, redisUrl: redis.url },
    { SUBJECT_RATE_LIMIT: 0 },
  );
  await ready(unlimited.app);
  const { statusCode, headers } = await unlimited.send('GET', `/customers/${id}`);
  t.equal(statusCode, 200);
  t.notOk('ratelimit' in headers);
});

t.test('the documents need no token', async (t) => {
  for (const url of ['/docs/customers', '/docs/customers/json', '/livez']) {
    t.equal((await send('GET', url, { token: null })).statusCode, 200, url);
  }
});

t.test('the log has no token', async (t) => {
  t.notMatch(log(), /eyJ|Bearer/);
});
