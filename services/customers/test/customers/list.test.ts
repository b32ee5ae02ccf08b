import { rounds } from '@pair/test-kit';
import t from 'tap';
import { customersDatabase } from '../support/database.ts';
import { customersProcess, ready } from '../support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);

interface Customer {
  id: string;
  name: string;
  dob: string;
  updated_at: string;
}
interface Page {
  items: Customer[];
  next_cursor: string | null;
}

const SORTS = ['dob', '-dob', 'name', '-name', 'updated_at', '-updated_at'];
const PEOPLE = [
  ['Ann', '1990-01-01'],
  ['ann', '1985-05-05'],
  ['Anna', '1990-01-01'],
  ['Bob', '2000-12-31'],
  ['Élodie', '1971-03-03'],
  ['élise', '1971-03-03'],
  ['Zoë', '1960-05-25'],
  ['李小龍', '1940-11-27'],
  ['An 100% _match_', '1999-09-09'],
];
for (const [name, dob] of PEOPLE) {
  const { statusCode } = await send('POST', '/customers', { body: { name, dob } });
  if (statusCode !== 201) throw new Error(`${name}: ${statusCode}`);
}

async function list(query: Record<string, string> = {}): Promise<Page> {
  const response = await send('GET', `/customers?${new URLSearchParams(query)}`);
  if (response.statusCode !== 200) throw new Error(response.payload);
  return response.json();
}

const names = (items: Customer[]) => items.map(({ name }) => name);

async function walk(query: Record<string, string>, between = async () => {}): Promise<Customer[]> {
  const seen: Customer[] = [];
  let page = await list(query);
  for (;;) {
    seen.push(...page.items);
    if (page.next_cursor === null) return seen;
    await between();
    page = await list({ ...query, cursor: page.next_cursor });
  }
}

t.test('each order is total, and its pages have each customer once', async (t) => {
  for (const sort of SORTS) {
    const all = (await list({ sort, limit: '100' })).items;
    t.equal(all.length, PEOPLE.length);
    for (const limit of ['1', '2', '4', '9']) {
      t.same(await walk({ sort, limit }), all, `${sort} by ${limit}`);
    }
    const opposite = sort.startsWith('-') ? sort.slice(1) : `-${sort}`;
    t.same((await list({ sort: opposite, limit: '100' })).items, all.toReversed(), sort);
  }
});

t.test('without parameters the list has the youngest twenty', async (t) => {
  const { items } = await list();
  t.same(items, (await list({ n: '20' })).items);
  t.equal(items[0]?.name, 'Bob');
});

t.test('names are sorted regardless of case, with accented letters after the others', async (t) => {
  const sorted = names((await list({ sort: 'name' })).items);
  t.same(
    sorted.map((name) => name.toLowerCase()),
    ['an 100% _match_', 'ann', 'ann', 'anna', 'bob', 'zoë', 'élise', 'élodie', '李小龍'],
  );
});

t.test('a name is found by its prefix, in any case, also with accented letters', async (t) => {
  const found = async (name: string) => names((await list({ name, sort: 'name' })).items).sort();
  t.same(await found('ANN'), ['Ann', 'Anna', 'ann']);
  t.same(await found('é'), ['Élodie', 'élise']);
  t.same(await found('E\u0301L'), ['Élodie', 'élise'], 'decomposed too');
  t.same(await found('李'), ['李小龍']);
  t.same(await found('An 100% _'), ['An 100% _match_']);
  t.same(await found('%'), []);
  t.same(await found('n'), []);
});

t.test('filters by date of birth include both ends, and work in every order', async (t) => {
  for (const sort of SORTS) {
    const found = await walk({ sort, limit: '2', dob_from: '1971-03-03', dob_to: '1990-01-01' });
    t.same(names(found).sort(), ['Ann', 'Anna', 'ann', 'Élodie', 'élise'].sort(), sort);
    const both = await walk({ sort, limit: '1', dob_from: '1990-01-01', name: 'an' });
    t.same(names(both).sort(), ['An 100% _match_', 'Ann', 'Anna'], sort);
  }
  t.same((await list({ dob_from: '2999-01-01' })).items, []);
});

t.test('a page has a link to the next one, except the last', async (t) => {
  const query = new URLSearchParams({ limit: '8', sort: 'name', dob_from: '1900-01-01' });
  const first = await send('GET', `/customers?${query}`);
  const [, url = ''] = /^<(.+)>; rel="next"$/.exec(String(first.headers.link)) ?? [];
  const second = await send('GET', url);
  t.same(names(second.json<Page>().items), ['李小龍']);
  t.equal(second.json<Page>().next_cursor, null);
  t.notOk('link' in second.headers);
});

t.test('a cursor is valid only for its order and filters, and any other text is 400', async (t) => {
  const cursor = (await list({ sort: 'name', name: 'a', limit: '1' })).next_cursor ?? '';
  const status = async (query: Record<string, string>) =>
    (await send('GET', `/customers?${new URLSearchParams(query)}`)).statusCode;
  t.equal(await status({ sort: 'name', name: 'a', limit: '50', cursor }), 200, 'the limit may change');
  const forged = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');
  const [version, digest, key, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  for (const query of [
    { sort: '-name', name: 'a', cursor },
    { sort: 'name', name: 'b', cursor },
    { sort: 'name', cursor },
    { sort: 'name', name: 'a', dob_to: '2000-01-01', cursor },
    { name: 'a', cursor },
    { cursor: '' },
    ...[
      'x',
      '!',
      `${cursor}=`,
      `${cursor}A`,
      cursor.slice(0, -1),
      forged(null),
      forged({}),
      forged([version, digest, key]),
      forged([2, digest, key, id]),
      forged([version, digest, 'a\u0000b', id]),
      forged([version, digest, '\ud800', id]),
      forged([version, digest, 7, id]),
      forged([version, digest, key, "' OR 1=1"]),
      forged([version, digest, key, id, 1]),
    ].map((other) => ({ sort: 'name', name: 'a', cursor: other })),
  ] as Record<string, string>[]) {
    const response = await send('GET', `/customers?${new URLSearchParams(query)}`);
    t.match(response.json(), { status: 400, errors: [{ pointer: '/cursor' }] }, JSON.stringify(query));
  }
});

t.test('a contradictory or unknown parameter is 400', async (t) => {
  for (const query of [
    'n=5&limit=5',
    'n=5&cursor=x',
    'n=5&sort=dob',
    'n=5&name=a',
    'n=5&n=6',
    'limit=0',
    'limit=101',
    'limit=1e1',
    'limit=5&limit=6',
    'sort=id',
    'sort=--dob',
    'sort=dob,name',
    'sort=',
    'name=',
    `name=${'a'.repeat(256)}`,
    'name=%00',
    'dob_from=2023-02-29',
    'dob_to=today',
    'dob=2000-01-01',
    'offset=5',
  ]) {
    const response = await send('GET', `/customers?${query}`);
    t.match(response.json(), { status: 400, code: 'invalid_request' }, query);
    t.ok(response.json().errors.length > 0, query);
  }
});

t.test('pages never skip or repeat an unchanged customer while other customers change', async (t) => {
  const unchanged = (await list({ limit: '100' })).items.map(({ id }) => id);
  for (let round = 0; round < rounds({ short: 5, long: 50 }); round++) {
    for (const sort of SORTS) {
      const changed = new Set<string>();
      const write = async () => {
        const day = String(1 + Math.floor(Math.random() * 28)).padStart(2, '0');
        const body = {
          name: `Mover ${Math.random()}`,
          dob: `19${10 + Math.floor(Math.random() * 90)}-01-${day}`,
        };
        const { id } = (await send('POST', '/customers', { body })).json<Customer>();
        changed.add(id);
        const [other] = [...changed].sort(() => Math.random() - 0.5);
        if (Math.random() < 0.5)
          await send('PATCH', `/customers/${other}`, { body: { dob: `1950-01-${day}` } });
        if (Math.random() < 0.3) await send('DELETE', `/customers/${other}`);
      };
      const seen = await walk({ sort, limit: '2' }, write);
      const unmoved = seen.map(({ id }) => id).filter((id) => unchanged.includes(id));
      t.same(unmoved.toSorted(), unchanged.toSorted(), sort);
      await client.query("DELETE FROM customers WHERE name LIKE 'Mover%'");
    }
  }
});

t.test('requests at the same time get the same answers as one after another', async (t) => {
  const queries = ['n=3', 'n=4', 'limit=3', 'limit=4', 'limit=3&sort=name', 'sort=name&limit=3', 'limit=100'];
  const answer = async (query: string) => {
    const { headers, payload } = await send('GET', `/customers?${query}`);
    return [headers['content-type'], headers['content-length'], headers.link, payload];
  };
  const alone = [];
  for (const query of queries) alone.push(await answer(query));
  const together = await Promise.all([...queries, ...queries, ...queries].map(answer));
  t.strictSame(together, [...alone, ...alone, ...alone]);
});
