import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { freePort, isWithin, testDatabase, testPostgres, testRedis, waitFor } from '@pair/test-kit';
import { t } from 'tap';
import { attempt, client, dataFolder, printedPassword, processes, signIn, start } from './support/start.ts';

// each test starts everything
t.setTimeout(120_000);

t.test(
  'the first start prints the password of the first admin, the next keeps data and prints no password',
  async (t) => {
    const env = { DATA_DIR: dataFolder(t), PORT: String(await freePort()) };
    const first = await start(t, env);
    const password = printedPassword(first.output()) ?? '';
    t.match(first.output(), 'the first admin is "admin"');
    t.match(first.output(), env.DATA_DIR);
    const open = await client(first.url, password);
    const closed = await client(first.url, password);
    const created = await open('POST', '/customers', { name: 'Ada Lovelace', dob: '1815-12-10' });
    const { id } = (await created.json()) as { id: string };
    t.equal((await closed('POST', '/auth/logout')).status, 204);
    t.equal(await first.stop(), 0);

    const second = await start(t, env);
    t.equal(printedPassword(second.output()), undefined);
    t.notMatch(second.output(), password);
    const kept = await open('GET', `/customers/${id}`);
    t.match(await kept.json(), { name: 'Ada Lovelace' });
    t.equal((await closed('GET', `/customers/${id}`)).status, 401);
    t.equal((await open('POST', '/auth/logout')).status, 204);

    await t.test(
      'a third start reports the folder in use in one sentence, and its owner goes on',
      async (t) => {
        const third = await attempt(t, { DATA_DIR: env.DATA_DIR });
        t.equal(await third.exited, 1);
        t.match(third.output(), `is in use by process ${second.pid}`);
        await waitFor(async () => (await fetch(`${second.url}/readyz`)).ok);
      },
    );
  },
);

t.test(
  'npm start applies its settings, uses the PostgreSQL and Redis in them, and starts none',
  async (t) => {
    const DATA_DIR = dataFolder(t);
    const redis = await testRedis(t);
    const customersDatabase = await testPostgres(t);
    const started = await start(t, {
      DATA_DIR,
      AUTH_DATABASE_URL: await testDatabase(t),
      CUSTOMERS_DATABASE_URL: customersDatabase.url,
      REDIS_URL: redis.url,
      ISSUER: 'https://example.test',
      ADMIN_USERNAME: 'chief',
      ADMIN_PASSWORD: 'correct horse battery',
      REGISTRATION: 'open',
    });
    t.strictSame(processes(DATA_DIR), []);
    t.match(started.output(), 'the first admin is "chief"');
    t.notMatch(started.output(), 'correct horse battery');
    const login = await signIn(started.url, 'correct horse battery', 'chief');
    const { access_token } = (await login.json()) as { access_token: string };
    const claims = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString());
    t.match(claims, { iss: 'https://example.test', aud: 'https://example.test' });
    const registered = await fetch(`${started.url}/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'newcomer', password: 'tr0ub4dor and 3' }),
    });
    t.equal(registered.status, 201);
    const request = await client(started.url, 'correct horse battery', 'chief');
    t.equal((await request('GET', '/customers?n=1')).status, 200);

    const status = async () => (await fetch(`${started.url}/status`)).text();
    await waitFor(async () => (await status()) === '{"auth":"up","customers":"up"}');
    await customersDatabase.stop();
    await waitFor(async () => (await status()) === '{"auth":"up","customers":"down"}');
    redis.pause();
    const asked = performance.now();
    t.match(await status(), /^{"auth":"(slow|down)","customers":"down"}$/);
    t.ok(isWithin(performance.now() - asked, 3_000));
    redis.resume();
    await waitFor(async () => (await status()) === '{"auth":"up","customers":"down"}');
  },
);

t.test('npm start reports all wrong settings at once', async (t) => {
  const started = await attempt(t, {
    PORT: 'eighty',
    LOG_LEVEL: 'loud',
    REGISTRATION: 'maybe',
    AUTH_DATABASE_URL: 'mysql://',
    REDIS_URL: 'redis://host:port',
  });
  t.equal(await started.exited, 1);
  for (const line of [
    'PORT must be a whole number from 1 to 65535',
    'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent',
    'REGISTRATION must be one of closed, open',
    'AUTH_DATABASE_URL must be a URL that begins with postgres://',
    'REDIS_URL must be a URL that begins with redis:// or rediss://',
  ]) {
    t.match(started.output(), `  - ${line}`);
  }
  t.notMatch(started.output(), /\n\s+at /);
});

t.test('npm start reports an unusable folder or Redis in one sentence, and fails', async (t) => {
  const file = dataFolder(t);
  writeFileSync(file, '');
  const [AUTH_DATABASE_URL, CUSTOMERS_DATABASE_URL] = [await testDatabase(t), await testDatabase(t)];
  const REDIS_URL = `redis://user:hunter2@127.0.0.1:${await freePort()}`;
  for (const [env, sentence] of [
    [{ DATA_DIR: file }, /\n[^\n>]*DATA_DIR cannot be \S+: it is a file\.[^\n]+\n$/],
    [
      { DATA_DIR: dataFolder(t), AUTH_DATABASE_URL, CUSTOMERS_DATABASE_URL, REDIS_URL },
      /\nRedis did not answer within 5 s: [^\n]*ECONNREFUSED[^\n]*correct REDIS_URL\.\n$/,
    ],
    [
      {
        DATA_DIR: dataFolder(t),
        AUTH_DATABASE_URL: 'postgres://a:hunter2@127.0.0.1:1/a',
        CUSTOMERS_DATABASE_URL,
      },
      /\nAUTH_DATABASE_URL: PostgreSQL did not answer within 5 s: [^\n]*ECONNREFUSED[^\n]+\n$/,
    ],
  ] as const) {
    const started = await attempt(t, env);
    t.equal(await started.exited, 1);
    t.match(started.output(), sentence);
    t.notMatch(started.output(), 'hunter2');
  }
});

t.test('one database URL without the other is refused', async (t) => {
  const started = await attempt(t, { AUTH_DATABASE_URL: 'postgres://a:b@127.0.0.1/auth' });
  t.equal(await started.exited, 1);
  t.match(started.output(), 'belong together: set both, or neither');
});

t.test('npm start reports a port in use in one sentence, and starts nothing', async (t) => {
  const DATA_DIR = dataFolder(t);
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  t.teardown(() => other.close());
  const started = await attempt(t, { DATA_DIR, PORT: String(port) });
  t.equal(await started.exited, 1);
  t.match(started.output(), new RegExp(`\\n127\\.0\\.0\\.1:${port} is in use[^\\n]+\\n$`));
  t.notMatch(started.output(), 'starting');
});
