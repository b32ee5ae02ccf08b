import newman from 'newman';
import t from 'tap';
import { ADMIN, beginSession, startSystem } from './system.ts';

interface Item {
  name: string;
  item: Item[];
  event: { listen: string; script: { exec: string[] } }[];
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
const { item: folders, ...rest } = collection.json as { item: Item[]; variable: object[] };
const STORY = folder('The replay story').item;
const AUDIT = folder('Audit').item;

function folder(name: string): Item {
  const found = folders.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no folder ${name}`);
  return found;
}

function request(name: string): Item {
  const found = folders.flatMap(({ item }) => item).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no request ${name}`);
  return found;
}

function run(collection: object, values: Record<string, string> = { base_url: url, ...ADMIN }): Promise<Run> {
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

/** What is wrong when these requests alone are sent, one after the other. */
async function faultsOf(item: Item[], values?: Record<string, string>): Promise<string[]> {
  return faults(await run({ ...rest, item }, values));
}

const faults = ({ failures }: Run) =>
  failures.map(({ source, error }) => `${source?.name}: ${error.test ?? ''}: ${error.message}`);

/** How many sessions the admin has; in a session of its own. */
async function sessionCounter() {
  const tokens = await beginSession(url);
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const count = async () => {
    const response = await fetch(`${url}/auth/sessions`, { headers });
    return ((await response.json()) as { items: unknown[] }).items.length;
  };
  return { tokens, count };
}

t.test('the collection is served as JSON, and has no secret in it', async (t) => {
  t.match(collection.type, /^application\/json/);
  const { values } = environment.json as { values: { key: string; value: string }[] };
  for (const { key, value } of values) if (/password|secret/.test(key)) t.equal(value, '', key);
});

t.test('with the password alone it runs from top to bottom, twice', async (t) => {
  for (const round of ['first', 'again']) {
    const result = await run(collection.json);
    t.same(faults(result), [], round);
    t.ok(result.stats.requests.total >= 49, `${result.stats.requests.total} requests`);
    t.ok(result.stats.assertions.total > 120, `${result.stats.assertions.total} assertions`);
  }
});

t.test('any request outside the story works alone', async (t) => {
  const alone = folders.filter(({ name }) => name !== 'The replay story').flatMap(({ item }) => item);
  t.ok(alone.length > 30, `${alone.length} requests`);
  for (const one of alone) t.same(await faultsOf([one]), [], one.name);
});

t.test('a request works again and again', async (t) => {
  for (const name of ['Change one’s own password', 'Delete a customer', 'Disable the user, as an admin']) {
    const one = request(name);
    t.same(await faultsOf([one, one]), [], name);
  }
});

t.test('with a token that has expired it refreshes, and begins no other session', async (t) => {
  const { tokens, count } = await sessionCounter();
  const before = await count();
  const expired = { refresh_token: tokens.refresh_token, access_token: 'expired', expires_at: '1' };
  const kept = Object.entries(expired).map(([key, value]) => ({ key, value }));
  t.same(faults(await run({ ...rest, item: AUDIT, variable: [...rest.variable, ...kept] })), []);
  t.equal(await count(), before);
});

t.test('the story ends with signing out, and the next request signs in anew', async (t) => {
  t.match(
    STORY.slice(-4).map(({ name }) => name),
    [/Sign in again$/, /Sign out$/, /The access token: refused$/, /The refresh token: refused$/],
  );
  const { count } = await sessionCounter();
  const before = await count();
  t.same(await faultsOf([request('Sign in'), ...STORY, request('The five youngest customers')]), []);
  t.equal(await count(), before + 2);
});

t.test('the story fails when a step does not keep its tokens', async (t) => {
  for (const [step, next] of [
    ['4. Refresh again', '5. Its access token: accepted'],
    ['9. Sign in again', '10. Sign out'],
  ] as const) {
    const story = STORY.map((one) => (one.name === step ? { ...one, event: [] } : one));
    const found = await faultsOf(story);
    t.ok(
      found.some(
        (fault) => fault.startsWith(next) && /send the steps of the story from the first/.test(fault),
      ),
      found.join('\n'),
    );
  }
});

t.test('a step fails whose answer has not what is to be kept', async (t) => {
  const { event } = request('4. Refresh again');
  const found = await faultsOf([{ ...request('The signed-in user'), event }]);
  t.match(found.join('\n'), /its answer is kept for the next requests: refresh_token: expected undefined/);
});

t.test('the audit comes after the story, and fails when its replay is not among the events', async (t) => {
  t.same(
    folders.slice(-2).map(({ name }) => name),
    ['The replay story', 'Audit'],
  );
  const exec = ["pm.collectionVariables.set('story_replay', 'a request that was no replay');"];
  const pretended = { ...request('Sign in'), event: [{ listen: 'test', script: { exec } }] };
  const found = await faultsOf([pretended, ...AUDIT]);
  t.equal(found.length, 1);
  t.match(
    found[0],
    /refresh_token_reused: the replay of the story: expected \[.*\] to include 'a request that was no replay'/,
  );
});

t.test('an account may be registered where that is open', async (t) => {
  const open = await startSystem(t, { customersProcesses: 1, env: { REGISTRATION: 'open' } });
  const register = request('Register an account (403 where registration is closed)');
  t.same(await faultsOf([register], { base_url: open.url }), []);
});

t.test('without a password it says where that is to be found', async (t) => {
  t.match((await faultsOf(AUDIT, { base_url: url })).join('\n'), /Set "password" in the environment/);
});
