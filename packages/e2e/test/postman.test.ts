import newman from 'newman';
import t, { type Test } from 'tap';
import { ADMIN, addClient, beginSession, sharedSystem, startSystem } from './support/system.ts';

interface Item {
  name: string;
  item: Item[];
  event: { listen: string; script: { exec: string[] } }[];
}
type Event = Item['event'][number];
interface Variable {
  key: string;
  value: string;
}
interface Run {
  failures: { source?: { name?: string }; error: { test?: string; message: string } }[];
  executions: { item: Item; response: { code: number }; assertions: { skipped: boolean }[] }[];
}

const { url, admin } = await sharedSystem(t);

async function download(name: string) {
  const response = await fetch(`${url}/docs/${name}`);
  if (response.status !== 200) throw new Error(`${name}: ${response.status}`);
  return { type: response.headers.get('content-type'), json: (await response.json()) as object };
}

const [collection, environment] = await Promise.all([
  download('postman.json'),
  download('postman-environment.json'),
]);
const { item: folders, ...rest } = collection.json as { item: Item[]; variable: Variable[]; event: Event[] };
const REQUESTS = folders.flatMap(({ item }) => item);
const REGISTER = 'Register an account (403 where registration is closed)';
const INTROSPECT = 'Introspect a token';
const STORY = folder('The replay story').item;
const AUDIT = folder('Audit').item;

function folder(name: string): Item {
  const found = folders.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no folder ${name}`);
  return found;
}

function request(name: string): Item {
  const found = REQUESTS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no request ${name}`);
  return found;
}

const script = (listen: string, text: string): Event => ({ listen, script: { exec: [text] } });

/** Runs a collection. `values` override the environment. */
function run(
  collection: object,
  values: Record<string, string> = { base_url: url, ...admin },
  environment?: object,
): Promise<Run> {
  const envVar = Object.entries(values).map(([key, value]) => ({ key, value }));
  return new Promise((resolve, reject) => {
    newman.run({ collection, environment, envVar, color: 'off', reporters: [] }, (error, summary) => {
      if (error) reject(error);
      else resolve(summary.run as unknown as Run);
    });
  });
}

/** Sends these requests alone, one after the other, and returns their faults. */
async function faultsOf(item: Item[], values?: Record<string, string>): Promise<string[]> {
  return faults(await run({ ...rest, item }, values));
}

const faults = ({ failures }: Run) =>
  failures.map(({ source, error }) => `${source?.name}: ${error.test ?? ''}: ${error.message}`);

/**
 * Sends groups of requests apart: each group finds the collection as if it were sent alone. All are in one run, because
 * a run costs more than its requests. Resolves with a function for the faults of a request.
 */
async function faultsApart(groups: Item[][]): Promise<(name: string) => string[]> {
  const variables = JSON.stringify(rest.variable.map(({ key, value }) => [key, value]));
  const check = `if (!pm.collectionVariables.has('in_group')) {
    pm.test('nothing is kept', () =>
      pm.expect(Object.entries(pm.collectionVariables.toObject())).to.have.deep.members(${variables}));
    pm.collectionVariables.set('in_group', 'yes');
  }`;
  const forget = `pm.collectionVariables.clear();
    for (const [key, value] of ${variables}) pm.collectionVariables.set(key, value);`;
  const item = groups.flatMap((group) => [
    ...group.slice(0, -1),
    ...group.slice(-1).map((last) => ({ ...last, event: [...last.event, script('test', forget)] })),
  ]);
  const result = await run({ ...rest, event: [script('prerequest', check), ...rest.event], item });
  return (name) =>
    faults({ ...result, failures: result.failures.filter(({ source }) => source?.name === name) });
}

/** The status of the answer to the request of this name. Requests that its scripts send come before it. */
const statusOf = ({ executions }: Run, name: string) =>
  executions.findLast(({ item }) => item.name === name)?.response.code;

/** Counts the sessions of the admin, in a session of its own. */
async function sessionCounter() {
  const tokens = await beginSession(url, admin);
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const count = async () => {
    const response = await fetch(`${url}/auth/sessions`, { headers });
    return ((await response.json()) as { items: unknown[] }).items.length;
  };
  return { tokens, count };
}

t.test('both files are served as JSON, and have no secret in them', async (t) => {
  for (const { type } of [collection, environment]) t.match(type, /^application\/json/);
  const { values } = environment.json as { values: Variable[] };
  for (const { key, value } of [...values, ...rest.variable]) {
    if (/password|secret/.test(key)) t.equal(value, '', key);
  }
});

t.test('the collection runs from top to bottom', async (t) => {
  const result = await run(collection.json);
  isComplete(t, result);
  t.equal(statusOf(result, REGISTER), 403);
  t.match(statusOf(result, INTROSPECT), /^40[01]$/);
});

t.test('the password alone suffices, also where registration is open and a client introspects', async (t) => {
  const open = await startSystem(t, { env: { REGISTRATION: 'open' } });
  const client_secret = await addClient(t, open, 'some-api', '--introspect');
  const client = { client_id: 'some-api', client_secret };
  const set = { base_url: open.url, password: ADMIN.password, ...client };
  for (const others of [environment.json, undefined]) {
    const result = await run(collection.json, set, others);
    isComplete(t, result);
    t.equal(statusOf(result, REGISTER), 201);
    t.equal(statusOf(result, INTROSPECT), 200);
  }
});

/** Checks that each request was sent, in order, and that its assertions were made and hold. */
function isComplete(t: Test, result: Run): void {
  t.same(faults(result), []);
  t.same(
    [...new Set(result.executions.map(({ item }) => item.name))],
    REQUESTS.map(({ name }) => name),
  );
  for (const { item, assertions } of result.executions) {
    t.ok(assertions.length >= 2, `${item.name}: ${assertions.length} assertions`);
    t.notOk(
      assertions.some(({ skipped }) => skipped),
      item.name,
    );
  }
}

t.test('the variables of the collection itself suffice', async (t) => {
  const variable = [
    ...rest.variable,
    ...Object.entries({ base_url: url, ...admin }).map(([key, value]) => ({ key, value })),
  ];
  t.same(faults(await run({ ...rest, item: AUDIT, variable }, {})), []);
});

t.test('any request works alone', async (t) => {
  const requests = REQUESTS.filter((one) => !STORY.includes(one));
  const faults = await faultsApart(requests.map((one) => [one]));
  for (const { name } of requests) t.same(faults(name), [], name);
});

t.test('the address may end with a slash', async (t) => {
  for (const base_url of [`${url}/`, ` ${url}// `]) {
    t.same(await faultsOf([request('The five youngest customers')], { base_url, ...admin }), []);
  }
  const variable = rest.variable.map((one) => (one.key === 'base_url' ? { ...one, value: `${url}/` } : one));
  t.same(
    faults(await run({ ...rest, item: AUDIT, variable }, { ...admin })),
    [],
    'also in the collection itself',
  );
});

t.test('a step of the story works alone, or asks for the steps before it', async (t) => {
  const faults = await faultsApart(STORY.map((step) => [step]));
  for (const { name } of STORY) {
    const [first = ''] = faults(name);
    t.match(first, /Sign in/.test(name) ? /^$/ : /send the steps of the story in order/, name);
  }
});

t.test('a request works a second time', async (t) => {
  const names = ['Change your password', 'Delete a customer', 'Disable the user, as an admin'];
  const faults = await faultsApart(names.map((name) => [request(name), request(name)]));
  for (const name of names) t.same(faults(name), [], name);
});

t.test('with an expired token the collection refreshes, and begins no other session', async (t) => {
  const { tokens, count } = await sessionCounter();
  const before = await count();
  const expired = { refresh_token: tokens.refresh_token, access_token: 'expired', expires_at: '1' };
  const kept = Object.entries(expired).map(([key, value]) => ({ key, value }));
  t.same(faults(await run({ ...rest, item: AUDIT, variable: [...rest.variable, ...kept] })), []);
  t.equal(await count(), before);
});

t.test('the story ends with signing out, and the next request signs in again', async (t) => {
  t.match(
    STORY.slice(-4).map(({ name }) => name),
    [/Sign in again$/, /Sign out$/, /The access token: refused$/, /The refresh token: refused$/],
  );
  const { count } = await sessionCounter();
  const before = await count();
  t.same(await faultsOf([request('Sign in'), ...STORY, request('The five youngest customers')]), []);
  t.equal(await count(), before + 2);
});

t.test('a step fails if its answer lacks a member to keep', async (t) => {
  const { event } = request('4. Refresh again');
  const found = await faultsOf([{ ...request('Get your account'), event }]);
  t.match(
    found.join('\n'),
    /its answer is kept for the next requests: answer.refresh_token: expected undefined/,
  );
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

t.test('a wrong password is reported, and sent so seldom that the right one works afterwards', async (t) => {
  const found = faults(await run(collection.json, { base_url: url, ...admin, password: 'wrong' }));
  t.match(found.join('\n'), /POST \/auth\/login, before this request: .*invalid_credentials/);
  t.match(found.join('\n'), /Set the right "username" and "password"/);
  t.same(await faultsOf([request('Sign in')]), []);
});

t.test('without a password the collection says where to set it', async (t) => {
  t.match((await faultsOf(AUDIT, { base_url: url })).join('\n'), /Set "password", in the environment or/);
});
