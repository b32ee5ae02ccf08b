import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { waitFor } from '@pair/test-kit';
import { parse } from 'csv-parse/sync';
import t from 'tap';
import { beginSession, startSystem } from './support/system.ts';

/**
 * Tests the main job on real input: people with a name and a birthday, from a file of `name,dob` lines. LEGISLATORS_CSV
 * may name the whole file. The sample beside this test has its accents, its quotes and its youngest people.
 */
const CONCURRENCY = 16;
const FILE = process.env.LEGISLATORS_CSV ?? '';
const SAMPLE = join(ROOT, 'packages/e2e/test/data/legislators-sample.csv');
const people: Person[] = parse(readFileSync(existsSync(FILE) ? FILE : SAMPLE), { columns: true });

interface Person {
  name: string;
  dob: string;
}
interface Customer extends Person {
  id: string;
  updated_at: string;
}
interface Tokens {
  access_token: string;
  refresh_token: string;
}

const system = await startSystem(t, { customersProcesses: 2 });

async function call(
  method: string,
  path: string,
  options: { token?: string; body?: unknown; type?: string; key?: string } = {},
) {
  const response = await fetch(new URL(path, system.url), {
    method,
    headers: {
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.body === undefined ? {} : { 'content-type': options.type ?? 'application/json' }),
      ...(options.key === undefined ? {} : { 'idempotency-key': options.key }),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
}

t.test(
  `${people.length} people from login to a refused token after logout, behind nginx, with two customers processes`,
  async (t) => {
    const tokens = await beginSession(system.url);
    const token = tokens.access_token;

    const created = new Map<Person, Customer>();
    const queue = [...people];
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        for (let person = queue.shift(); person !== undefined; person = queue.shift()) {
          const response = await call('POST', '/customers', { token, body: person, key: randomUUID() });
          if (response.status !== 201) throw new Error(`${person.name}: ${response.status} ${response.text}`);
          const customer = response.json<Customer>();
          if (response.headers.get('location') !== `/customers/${customer.id}`) throw new Error('Location');
          created.set(person, customer);
        }
      }),
    );
    t.equal(created.size, people.length, 'all people were created');
    t.equal(
      new Set([...created.values()].map(({ id }) => id)).size,
      people.length,
      'each person with another id',
    );

    const difficult = people.filter(({ name }) => /[^ -~]|"/.test(name));
    t.ok(
      difficult.some(({ name }) => name.includes('"')) && difficult.some(({ name }) => name.includes('é')),
    );
    for (const person of difficult) {
      const { text } = await call('GET', `/customers/${created.get(person)?.id}`, { token });
      const { name, dob }: Customer = JSON.parse(text);
      t.ok(Buffer.from(name).equals(Buffer.from(person.name)), person.name);
      t.equal(dob, person.dob);
    }

    const youngestFirst = [...created.values()].sort((a, b) => compare(b.dob, a.dob) || compare(b.id, a.id));
    for (const n of [1, 5, people.length]) {
      const youngest = await call('GET', `/customers?n=${n}`, { token });
      t.same(
        youngest.json(),
        { items: youngestFirst.slice(0, n), next_cursor: null },
        `the ${n} youngest in order`,
      );
    }

    const [first, second] = youngestFirst;
    if (first === undefined || second === undefined) return t.fail('there are too few people');
    const updated = await call('PATCH', `/customers/${first.id}`, {
      token,
      type: 'application/merge-patch+json',
      body: { name: 'Another Name' },
    });
    t.match(updated.json(), { id: first.id, name: 'Another Name', dob: first.dob });
    t.ok(updated.json<Customer>().updated_at > first.updated_at, 'updated_at moved on');
    t.equal((await call('DELETE', `/customers/${second.id}`, { token })).status, 204);
    t.equal((await call('GET', `/customers/${second.id}`, { token })).status, 404);
    const { items } = (await call('GET', '/customers?n=2', { token })).json<{ items: Customer[] }>();
    t.same(
      items.map(({ id, name }) => [id, name]),
      [
        [first.id, 'Another Name'],
        [youngestFirst[2]?.id, youngestFirst[2]?.name],
      ],
    );

    const refreshed = await call('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh_token } });
    t.equal(refreshed.status, 200);
    const newest = refreshed.json<Tokens>();
    for (const { url } of system.customers) {
      t.equal(await statusAt(url, newest.access_token), 200, 'each process accepts the new token');
    }
    t.equal((await call('POST', '/auth/logout', { token: newest.access_token })).status, 204);
    for (const { url } of system.customers) {
      for (const { access_token } of [tokens, newest]) {
        await waitFor(async () => (await statusAt(url, access_token)) === 401, 1_000);
      }
    }
    t.equal(
      (await call('POST', '/auth/refresh', { body: { refresh_token: newest.refresh_token } })).status,
      401,
    );
    t.equal((await call('GET', '/customers?n=1', { token: newest.access_token })).status, 401);
  },
);

t.test('a replayed refresh token ends the session at every process within a second', async (t) => {
  const tokens = await beginSession(system.url);
  const body = { refresh_token: tokens.refresh_token };
  const parent = (await call('POST', '/auth/refresh', { body })).json<Tokens>();
  const refreshed = (
    await call('POST', '/auth/refresh', { body: { refresh_token: parent.refresh_token } })
  ).json<Tokens>();
  t.equal((await call('POST', '/auth/refresh', { body })).status, 401);
  for (const { url } of system.customers) {
    await waitFor(async () => (await statusAt(url, refreshed.access_token)) === 401, 1_000);
  }
  t.pass();
});

t.test('no request passes without a token, and health checks are unreachable through nginx', async (t) => {
  t.equal((await call('GET', '/customers?n=1')).status, 401);
  t.equal((await call('DELETE', '/customers/0198c7a2-7a00-7000-8000-000000000000')).status, 401);
  t.equal((await call('GET', '/livez')).status, 404);
  t.equal((await call('GET', '/readyz')).status, 404);
});

t.test('nginx serves the front page and both Swagger UIs', async (t) => {
  for (const path of ['/', '/docs/', '/docs/auth', '/docs/customers']) {
    const response = await call('GET', path);
    t.equal(response.status, 200, path);
    t.match(response.headers.get('content-type'), 'text/html', path);
  }
  for (const service of ['auth', 'customers']) {
    const { openapi, paths } = (await call('GET', `/docs/${service}/json`)).json<{
      openapi: string;
      paths: object;
    }>();
    t.match(openapi, /^3\.1\./);
    t.ok(Object.keys(paths).length > 0);
  }
});

async function statusAt(url: string, token: string): Promise<number> {
  const response = await fetch(`${url}/customers?n=1`, { headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
