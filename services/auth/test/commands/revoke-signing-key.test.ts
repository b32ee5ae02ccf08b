import { waitFor } from '@pair/test-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { FastifyInstance } from 'fastify';
import { decodeProtectedHeader } from 'jose';
import pg from 'pg';
import t, { type Test } from 'tap';
import { revokeSigningKeyCommand } from '../../src/commands/revoke-signing-key.ts';
import { signingKeys } from '../../src/db/schema.ts';
import { type AuthUnderTest, get, login, post, startAuth, type Tokens } from '../support/auth-under-test.ts';
import { revoke, runCommand } from '../support/commands.ts';
import { resourceServer } from '../support/resource-server.ts';

/** Starts two processes of auth, and a resource server that uses the keys of the first. */
async function system(t: Test) {
  const auth = await startAuth(t);
  const other = await auth.another();
  const address = await auth.app.listen({ host: '127.0.0.1', port: 0 });
  const { REDIS_URL: redisUrl, ISSUER: issuer, DATABASE_URL: databaseUrl } = auth.config;
  const service = await resourceServer(t, { jwksUrl: `${address}/.well-known/jwks.json`, redisUrl, issuer });
  const pool = new pg.Pool({ connectionString: databaseUrl });
  t.teardown(() => pool.end());
  const statuses = async (token: string) => [
    (await get(auth.app, '/auth/me', token)).statusCode,
    (await get(other, '/auth/me', token)).statusCode,
    await service.status(token),
  ];
  return { auth, other, service, statuses, rows: () => drizzle({ client: pool }).select().from(signingKeys) };
}

const kidOf = ({ access_token }: Tokens) => decodeProtectedHeader(access_token).kid ?? '';

async function publishedBy(app: FastifyInstance): Promise<string[]> {
  const { keys } = (await get(app, '/.well-known/jwks.json')).json<{ keys: { kid: string }[] }>();
  return keys.map(({ kid }) => kid);
}

async function refresh(app: FastifyInstance, { refresh_token }: Tokens): Promise<Tokens> {
  const response = await post(app, '/auth/refresh', { refresh_token });
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.json<Tokens>();
}

function runRevoke({ config }: AuthUnderTest, ...args: string[]) {
  const { DATABASE_URL, REDIS_URL } = config;
  return runCommand(revokeSigningKeyCommand, args, { DATABASE_URL, REDIS_URL });
}

t.test(
  'every process refuses a compromised key within a second, and sessions go on with the next key',
  async (t) => {
    const { auth, other, statuses } = await system(t);
    const tokens = await login(auth.app);
    const kid = kidOf(tokens);
    const [, next = ''] = await publishedBy(auth.app);
    t.same(await statuses(tokens.access_token), [200, 200, 200]);

    const { code, output } = await runRevoke(auth, kid);
    const revokedAt = performance.now();
    t.equal(code, 0, output);
    t.equal(output, `Signing key ${kid} is revoked.\nSigning key ${next} signs.\n`);
    await waitFor(async () => (await statuses(tokens.access_token)).every((status) => status === 401), 1_000);
    t.comment(`refused everywhere ${Math.round(performance.now() - revokedAt)} ms after the command`);

    const successor = await refresh(other, tokens);
    t.equal(kidOf(successor), next, 'the other process signs with the next key too');
    t.same(await statuses(successor.access_token), [200, 200, 200]);
    t.equal(kidOf(await login(auth.app)), next);
    for (const app of [auth.app, other]) t.notOk((await publishedBy(app)).includes(kid));
    await waitFor(async () => (await publishedBy(auth.app)).length === 2);
  },
);

t.test('a revoked next key never signs, and another next key replaces it', async (t) => {
  const { auth, statuses } = await system(t);
  const tokens = await login(auth.app);
  const [signing, next = ''] = await publishedBy(auth.app);
  await revoke(auth.config, next);
  await waitFor(async () => {
    const published = await publishedBy(auth.app);
    return published.length === 2 && !published.includes(next);
  });
  t.equal(kidOf(await login(auth.app)), signing);
  t.same(await statuses(tokens.access_token), [200, 200, 200], 'no process refuses the token');
});

t.test('--all revokes every key, and new keys are there at once', async (t) => {
  const { auth, statuses } = await system(t);
  const tokens = await login(auth.app);
  const before = await publishedBy(auth.app);
  const { code, output } = await runRevoke(auth, '--all');
  t.equal(code, 0);
  for (const kid of before) t.match(output, `Signing key ${kid} is revoked.\n`);
  t.match(output, 'No key is left. A running auth creates one; verifiers pick it up within a minute.\n');
  await waitFor(async () => (await statuses(tokens.access_token)).every((status) => status === 401), 1_000);
  let successor: Tokens | undefined;
  await waitFor(async () => {
    successor ??= await refresh(auth.app, tokens);
    return true;
  }, 1_000);
  if (successor === undefined) return t.fail('no refresh');
  t.notOk(before.includes(kidOf(successor)));
  const { access_token } = successor;
  await waitFor(async () => (await statuses(access_token)).every((status) => status === 200));
});

t.test('without Redis, nothing is revoked', async (t) => {
  const { auth, rows } = await system(t);
  const before = await rows();
  await auth.redis.stop();
  const { code, output } = await runRevoke(auth, '--all');
  t.equal(code, 1);
  t.match(
    output,
    /^Redis cannot be reached: .*ECONNREFUSED.*\. Start it, or correct REDIS_URL, and run .+\n$/,
  );
  t.same(await rows(), before);
});

t.test('when Redis fails at the announcement, nothing is revoked', async (t) => {
  const { auth, rows } = await system(t);
  const before = await rows();
  const client = auth.redisClient();
  await client.call('ACL', 'SETUSER', 'auth', 'on', '>secret', '~*', '+@all', '-xadd');
  const url = new URL(auth.redis.url);
  url.username = 'auth';
  url.password = 'secret';
  await t.rejects(revoke({ ...auth.config, REDIS_URL: url.href }, 'all'), { name: 'ReplyError' });
  t.same(await rows(), before);
});

t.test('the error for an unknown or missing kid is one clear sentence', async (t) => {
  const auth = await startAuth(t);
  for (const [status, args, sentence] of [
    [1, ['no-such-key'], /^There is no such signing key: the kids are at .+\.\n$/],
    [2, [], /^"revoke-signing-key" takes a kid or --all: .+\.\n$/],
    [2, ['one', 'two'], /^"revoke-signing-key" takes \[<kid>\] and no other word: .+\.\n$/],
  ] as const) {
    const { code, output } = await runRevoke(auth, ...args);
    t.equal(code, status);
    t.match(output, sentence);
  }
});

t.test(
  'a start of auth announces keys, revoked in the last two hours, again to a Redis that lost its data',
  async (t) => {
    const { auth, rows } = await system(t);
    const [signing = ''] = await publishedBy(auth.app);
    await revoke(auth.config, signing);
    const client = auth.redisClient();
    const announced = async () =>
      (await client.xrange('{auth}:revocations', '-', '+')).map(([, fields]) => fields);
    const revokedAt = (await rows()).find(({ kid }) => kid === signing)?.revokedAt?.getTime() ?? 0;
    const entry = ['kid', signing, 'until', String(Math.ceil(revokedAt / 1_000 + 7_200))];
    t.ok((await announced()).some((fields) => fields.join() === entry.join()));

    await client.flushall();
    const restarted = await auth.start();
    await waitFor(async () => (await announced()).some((fields) => fields.join() === entry.join()), 15_000);
    await restarted.close();
  },
);
