import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { createClient, memoryStorage } from '@pair/client';
import { giveSettings, missingPgBouncer, startProcess, type Teardown, testPgBouncer } from '@pair/test-kit';
import t from 'tap';
import { ADMIN, startSystem } from './support/system.ts';

t.test('the tables of connections follow their formulas', async (t) => {
  const text = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  const tableAfter = (heading: string) => {
    const [, section = ''] = text.split(`\n### ${heading}\n`);
    const [table = ''] = /^\| processes of each service.*\n(?:\|.*\n)+/m.exec(section) ?? [];
    return [...table.matchAll(/^\| \d.*$/gm)].map(([row]) => row.match(/\d+/g)?.map(Number) ?? []);
  };
  const direct = tableAfter('Connections to PostgreSQL');
  const pooled = tableAfter('PgBouncer');
  const [servers, transfers, reserve] = [2 * 20 * 2, 8, 10];
  for (const [i, [n = 0, ...numbers]] of direct.entries()) {
    t.strictSame(numbers.slice(0, 2), [32 * n, 32 * (n + 1)], `${n} processes`);
    const most = 32 * (n + 1) + reserve;
    t.ok(Number(numbers[2]) >= most, `${numbers[2]} for ${most}`);
    const after = servers + transfers * (n + 1) + reserve;
    t.strictSame(pooled[i], [n, 24 * n, servers + transfers * n, after, numbers[2]], `${n} behind PgBouncer`);
  }
  t.equal(direct.length, 5);
});

/** Far fewer than the 24 connections of the processes of a service. */
const POOL_SIZE = 3;

t.test('the pair behind PgBouncer', { skip: await missingPgBouncer() }, async (t) => {
  const poolers: { connections(): Promise<number>; settings: Record<string, string> }[] = [];
  const database = async (direct: string) => {
    await giveSettings(direct);
    const { pooled, connections } = await testPgBouncer(t, [direct], {
      settings: { default_pool_size: String(POOL_SIZE) },
    });
    const settings = {
      DATABASE_URL: pooled(direct),
      DATABASE_POOLER: 'transaction',
      DATABASE_DIRECT_URL: direct,
    };
    poolers.push({ connections, settings });
    return settings;
  };
  const system = await startSystem(t, { authProcesses: 2, customersProcesses: 2, database });
  const [auth, customers] = poolers;
  if (auth === undefined || customers === undefined) throw new Error('each service has a database');

  await t.test('many requests share few connections, and transfers have their own', async (t) => {
    const client = createClient({ baseUrl: system.url, tokens: memoryStorage() });
    await client.signIn(ADMIN.username, ADMIN.password);
    const names = Array.from({ length: 100 }, (_, i) => `Person ${i}`);
    const created = await Promise.all(
      names.map(async (name, i) => {
        const headers = i % 2 === 0 ? {} : { 'Idempotency-Key': `key-${i}` };
        const { data } = await client.customers.POST('/customers', {
          body: { name, dob: '1960-05-25' },
          headers,
        });
        return data;
      }),
    );
    const read = await Promise.all(
      created.map(({ id }) => client.customers.GET('/customers/{id}', { params: { path: { id } } })),
    );
    t.same(
      read.map(({ data }) => data),
      created,
    );
    await Promise.all(
      created.map(({ id }) =>
        client.customers.PATCH('/customers/{id}', { params: { path: { id } }, body: { name: 'Other' } }),
      ),
    );
    const { data: users } = await client.auth.GET('/auth/users');
    t.equal(users.items.length, 1);
    const authorization = `Bearer ${await tokenOf(system.url)}`;
    const imported = await fetch(`${system.url}/customers/import`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'text/csv' },
      body: `name,dob\n${'Imported,1960-05-25\n'.repeat(1_000)}`,
    });
    t.match(await imported.json(), { created: 1_000 });
    const exported = await fetch(`${system.url}/customers/export`, { headers: { authorization } });
    t.equal((await exported.text()).trimEnd().split('\r\n').length, 1_101);
    for (const { connections } of poolers) {
      const count = await connections();
      t.ok(count > 0 && count <= POOL_SIZE, `${count} connections`);
    }
  });

  await t.test('migrations and commands take the direct way, one after the other', async (t) => {
    const migration = { ...auth.settings, DATABASE_DIRECT_URL: system.databases.auth };
    for (const round of [1, 2]) {
      const ends = [
        ended(t, 'customers/dist/migrate.js', customers.settings),
        ended(t, 'auth/dist/cli.js', migration, 'migrate'),
      ];
      t.match(await Promise.all(ends), [{ code: 0 }, { code: 0 }], `round ${round}`);
    }
    const { DATABASE_URL = '' } = customers.settings;
    const [list, lost] = await Promise.all([
      ended(t, 'auth/dist/cli.js', system.authEnv, 'users', 'list'),
      ended(t, 'customers/dist/migrate.js', { DATABASE_URL }),
    ]);
    t.match(list, { code: 0, output: /^admin/ });
    t.match(
      lost,
      { code: 1, output: 'DATABASE_URL leads through PgBouncer' },
      'a wrong URL ends a job at once',
    );
  });

  for (const { output } of [...system.auth, ...system.customers]) t.notMatch(output(), /PgBouncer|"error"/);
});

async function tokenOf(url: string): Promise<string> {
  const response = await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADMIN),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function ended(t: Teardown, entry: string, env: Record<string, string>, ...args: string[]) {
  const job = await startProcess(t, { entry: `services/${entry}`, args, env });
  return { code: await job.exited, output: job.output() };
}
