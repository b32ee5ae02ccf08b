import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { t } from 'tap';
import { PAGE_POLICY } from '../src/front-page.ts';
import { AUTH_RIGHTS, CUSTOMERS_RIGHTS } from '../src/redis-users.ts';
import { commandLines, dataFolder, start } from './support/start.ts';

const read = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');

// each test starts everything
t.setTimeout(120_000);

t.test('one process serves the front page, both Swaggers and both services', async (t) => {
  const { url } = await start(t, { DATA_DIR: dataFolder(t) });
  for (const path of ['/', '/docs', '/docs/', '/docs/auth', '/docs/customers']) {
    const page = await fetch(url + path);
    t.equal(page.status, 200, path);
    t.match(page.headers.get('content-type'), 'text/html', path);
  }
  t.equal((await fetch(`${url}/`)).headers.get('content-security-policy'), PAGE_POLICY);
  t.equal((await fetch(`${url}/style.css`)).status, 200);
  t.equal((await fetch(`${url}/.well-known/jwks.json`)).status, 200);
  t.equal((await fetch(`${url}/customers?n=1`)).status, 401);
  t.equal((await fetch(`${url}/nothing`)).status, 404);
  t.equal((await fetch(`${url}/`, { method: 'POST' })).status, 405);
});

t.test('both databases are UTF8 with C.UTF-8, and closed to the other role', async (t) => {
  const DATA_DIR = dataFolder(t);
  await start(t, { DATA_DIR });
  const secrets = JSON.parse(readFileSync(join(DATA_DIR, 'secrets.json'), 'utf8'));
  const [line] = commandLines(`-D ${DATA_DIR}`).values();
  const port = /-p (\d+)/.exec(line ?? '')?.[1];
  const connect = async (role: string, password: string, database: string) => {
    const client = new pg.Client(`postgres://${role}:${password}@127.0.0.1:${port}/${database}`);
    t.teardown(() => client.end().catch(() => undefined));
    await client.connect();
    return client;
  };
  for (const [role, password] of [
    ['auth', secrets.authDatabasePassword],
    ['customers', secrets.customersDatabasePassword],
  ]) {
    const { rows } = await (await connect(role, password, role)).query(
      'SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, datctype FROM pg_database WHERE datname = $1',
      [role],
    );
    t.strictSame(rows, [{ encoding: 'UTF8', datcollate: 'C.UTF-8', datctype: 'C.UTF-8' }]);
  }
  await t.rejects(connect('customers', secrets.customersDatabasePassword, 'auth'), { code: '42501' });
});

t.test('rights in Redis and the policy of the front page are those of the composed system', async (t) => {
  const compose = read('services/make-secrets.sh').replace(' +client|setinfo', '');
  t.ok(compose.includes(AUTH_RIGHTS));
  t.ok(compose.includes(CUSTOMERS_RIGHTS));
  t.ok(read('nginx/security-headers.conf').includes(PAGE_POLICY));
});
