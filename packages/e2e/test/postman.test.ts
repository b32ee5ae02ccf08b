import newman from 'newman';
import t from 'tap';
import { ADMIN, beginSession, startSystem } from './system.ts';

interface Item {
  name: string;
  item?: Item[];
}
interface Run {
  failures: { source?: { name?: string }; error: { test?: string; message: string } }[];
  stats: Record<'requests' | 'assertions', { total: number; failed: number }>;
}

const { url } = await startSystem(t);

async function download(name: string) {
  const response = await fetch(`${url}/docs/${name}`);
  if (response.status !== 200) throw new Error(`${name}: ${response.status}`);
  return { type: response.headers.get('content-type'), json: (await response.json()) as object };
}

const [collection, environment] = await Promise.all([
  download('postman.json'),
  download('postman-environment.json'),
]);

function run(collection: object, values: Record<string, string>): Promise<Run> {
  const envVar = Object.entries(values).map(([key, value]) => ({ key, value }));
  return new Promise((resolve, reject) => {
    newman.run(
      { collection, environment: environment.json, envVar, color: 'off', reporters: [] },
      (error, summary) => {
        if (error) reject(error);
        else resolve(summary.run as unknown as Run);
      },
    );
  });
}

const faults = ({ failures }: Run) =>
  failures.map(({ source, error }) => `${source?.name}: ${error.test ?? ''}: ${error.message}`);

t.test('the collection is served as JSON, and has no secret in it', async (t) => {
  t.match(collection.type, /^application\/json/);
  const { values } = environment.json as { values: { key: string; value: string }[] };
  for (const { key, value } of values) if (/password|secret/.test(key)) t.equal(value, '', key);
});

t.test('with the password alone it runs from top to bottom, twice', async (t) => {
  for (const round of ['first', 'again']) {
    const result = await run(collection.json, { base_url: url, ...ADMIN });
    t.same(faults(result), [], round);
    t.ok(result.stats.requests.total >= 49, `${result.stats.requests.total} requests`);
    t.ok(result.stats.assertions.total > 120, `${result.stats.assertions.total} assertions`);
  }
});

t.test('with a token that has expired it refreshes, and begins no other session', async (t) => {
  const { access_token, refresh_token } = await beginSession(url);
  const sessions = async () => {
    const response = await fetch(`${url}/auth/sessions`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    return ((await response.json()) as { items: unknown[] }).items.length;
  };
  const before = await sessions();
  const { item, variable, ...rest } = collection.json as { item: Item[]; variable: object[] };
  const expired = { refresh_token, access_token: 'expired', expires_at: '1' };
  const kept = Object.entries(expired).map(([key, value]) => ({ key, value }));
  const folder = item.filter(({ name }) => name === 'Audit');
  const result = await run(
    { ...rest, item: folder, variable: [...variable, ...kept] },
    { base_url: url, ...ADMIN },
  );
  t.same(faults(result), []);
  t.equal(await sessions(), before);
});

t.test('each folder runs alone, for it signs in by itself', async (t) => {
  const { item, ...rest } = collection.json as { item: Item[] };
  for (const name of ['Customers', 'Files', 'Audit', 'The replay story']) {
    const folder = item.filter((one) => one.name === name);
    t.equal(folder.length, 1);
    t.same(faults(await run({ ...rest, item: folder }, { base_url: url, ...ADMIN })), [], name);
  }
});

t.test('without a password it says where that is to be found', async (t) => {
  const { item, ...rest } = collection.json as { item: Item[] };
  const customers = item.filter(({ name }) => name === 'Audit');
  const result = await run({ ...rest, item: customers }, { base_url: url });
  t.match(faults(result).join('\n'), /Set "password" in the environment/);
});
