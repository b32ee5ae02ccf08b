import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { waitFor } from '@pair/test-kit';
import pg from 'pg';
import { t } from 'tap';
import { PAGE_POLICY } from '../src/front-page.ts';
import { AUTH_RIGHTS, CUSTOMERS_RIGHTS } from '../src/redis-users.ts';
import { commandLines, dataFolder, start } from './support/start.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

// each test starts everything
t.setTimeout(120_000);

t.test('the system of npm start', async (t) => {
  const DATA_DIR = dataFolder(t);
  const started = await start(t, { DATA_DIR, ISSUER: 'https://id.example.org' });
  const secrets: Record<string, string> = JSON.parse(readFileSync(join(DATA_DIR, 'secrets.json'), 'utf8'));

  const connect = async (role: string, database: string) => {
    const [line] = commandLines(`-D ${DATA_DIR}`).values();
    const port = /-p (\d+)/.exec(line ?? '')?.[1];
    const password = secrets[`${role}DatabasePassword`];
    const client = new pg.Client(`postgres://${role}:${password}@127.0.0.1:${port}/${database}`);
    t.teardown(() => client.end().catch(() => undefined));
    await client.connect();
    return client;
  };

  t.test('one process serves the front page, both Swaggers and both services', async (t) => {
    const { url } = started;
    for (const path of [
      '/',
      '/docs',
      '/docs/',
      '/docs/auth',
      '/docs/customers',
      '/replay',
      '/replay/explained',
    ]) {
      const page = await fetch(url + path);
      t.equal(page.status, 200, path);
      t.match(page.headers.get('content-type'), 'text/html', path);
    }
    for (const path of ['/', '/replay', '/replay/explained']) {
      t.equal((await fetch(url + path)).headers.get('content-security-policy'), PAGE_POLICY, path);
    }
    for (const path of [
      '/style.css',
      '/front-page.js',
      '/docs/postman.json',
      '/replay.css',
      '/replay/page.js',
    ]) {
      t.equal((await fetch(url + path)).status, 200, path);
    }
    t.equal((await fetch(`${url}/.well-known/jwks.json`)).status, 200);
    t.equal((await fetch(`${url}/customers?n=1`)).status, 401);
    t.equal((await fetch(`${url}/nothing`)).status, 404);
    t.equal((await fetch(`${url}/`, { method: 'POST' })).status, 405);
  });

  t.test('it answers requests for the names of this machine and of ISSUER, and for no other', async (t) => {
    const { port } = new URL(started.url);
    for (const [host, status] of [
      [`localhost:${port}`, 200],
      [`127.0.0.1:${port}`, 200],
      [`[::1]:${port}`, 200],
      ['id.example.org', 200],
      [`evil.example:${port}`, 421],
    ] as const) {
      for (const path of ['/', '/.well-known/jwks.json', '/docs/auth/json']) {
        const request = get({ port, host: '127.0.0.1', path, headers: { host } });
        const [response] = await once(request, 'response');
        t.equal(response.resume().statusCode, status, host + path);
      }
    }
  });

  t.test('the status reports that both services are up, and nothing else', async (t) => {
    const ask = () => fetch(`${started.url}/status`);
    await waitFor(async () => (await (await ask()).text()) === '{"auth":"up","customers":"up"}');
    const { status, headers } = await ask();
    t.equal(status, 200);
    t.equal(headers.get('cache-control'), 'no-store');
  });

  t.test('both databases are UTF8 with C.UTF-8, and closed to the other role', async (t) => {
    for (const role of ['auth', 'customers']) {
      const { rows } = await (await connect(role, role)).query(
        `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, datctype
         FROM pg_database WHERE datname = current_database()`,
      );
      t.strictSame(rows, [{ encoding: 'UTF8', datcollate: 'C.UTF-8', datctype: 'C.UTF-8' }], role);
    }
    await t.rejects(connect('customers', 'auth'), { code: '42501' });
  });

  t.test('the role of auth owns nothing: another role migrates', async (t) => {
    const client = await connect('auth', 'auth');
    const { rows } = await client.query(`
      SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace = 'public'::regnamespace
      UNION SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'auth'`);
    t.strictSame(rows, [{ owner: 'auth_owner' }]);
    await t.rejects(client.query('ALTER TABLE security_events DISABLE TRIGGER ALL'), { code: '42501' });
  });

  t.test('secrets are readable for their owner alone, and in no output or command line', async (t) => {
    for (const file of ['secrets.json', 'redis/redis.conf']) {
      t.equal(statSync(join(DATA_DIR, file)).mode & 0o077, 0, file);
    }
    const lines = [...commandLines(DATA_DIR).values()];
    for (const [name, secret] of Object.entries(secrets)) {
      t.notOk(started.output().includes(secret) || lines.some((line) => line.includes(secret)), name);
    }
  });
});

t.test('rights in Redis and the policy of the page equal those of the composed system', async (t) => {
  const compose = read('services/make-secrets.sh').replace(' +client|setinfo', '');
  t.ok(compose.includes(AUTH_RIGHTS));
  t.ok(compose.includes(CUSTOMERS_RIGHTS));
  t.ok(read('nginx/security-headers.conf').includes(PAGE_POLICY));
});
