import { rounds } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { ADMIN, startSystem } from './support/system.ts';

interface Tokens {
  access_token: string;
  refresh_token: string;
}

const system = await startSystem(t, { authProcesses: 2, customersProcesses: 3 });
/** A route of each process, without nginx: behind it a test could not see which process answers. */
const resourceServers = [
  ...system.customers.map(({ url }) => `${url}/customers?n=1`),
  ...system.auth.map(({ url }) => `${url}/auth/me`),
];

let calls = 0;

/** Sends a request to the processes of auth in turn. */
async function call(method: string, path: string, options: { token?: string; body?: object } = {}) {
  const { token, body } = options;
  const { url } = system.auth[calls++ % system.auth.length] ?? system;
  return fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function login(credentials: object): Promise<Tokens> {
  const response = await call('POST', '/auth/login', { body: credentials });
  if (response.status !== 200) throw new Error(`login: ${response.status} ${await response.text()}`);
  return (await response.json()) as Tokens;
}

async function statusAt(url: string, token: string): Promise<number> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status;
}

/** For each resource server, when it was sent the first request that it refused, in ms from now. */
async function refusedAfter(token: string): Promise<number[]> {
  const start = performance.now();
  return Promise.all(
    resourceServers.map(async (url) => {
      for (;;) {
        const sentAt = performance.now();
        const status = await statusAt(url, token);
        if (status === 401) return sentAt - start;
        if (status !== 200) throw new Error(`${url}: ${status}`);
        if (sentAt - start > 5_000) return sentAt - start;
      }
    }),
  );
}

const admin = (await login(ADMIN)).access_token;
let users = 0;

async function makeUser() {
  const username = `user-${users++}`;
  const credentials = { username, password: `the password of ${username}` };
  const body = { ...credentials, scope: 'customers:read customers:write' };
  const response = await call('POST', '/auth/users', { token: admin, body });
  if (response.status !== 201) throw new Error(`make user: ${response.status} ${await response.text()}`);
  return { id: ((await response.json()) as { id: string }).id, credentials };
}

/** A way to end sessions. It gets two sessions of a user, and returns the sessions that processes must then refuse. */
type Ending = (context: {
  user: { id: string; credentials: { password: string } };
  mine: Tokens;
  other: Tokens;
}) => Promise<{ response: Response; refused: Tokens[] }>;

const endings: Record<string, Ending> = {
  logout: async ({ mine }) => ({
    response: await call('POST', '/auth/logout', { token: mine.access_token }),
    refused: [mine],
  }),
  'logout with the refresh token alone': async ({ mine: { refresh_token }, mine }) => ({
    response: await call('POST', '/auth/logout', { body: { refresh_token } }),
    refused: [mine],
  }),
  'logout-all': async ({ mine, other }) => ({
    response: await call('POST', '/auth/logout-all', { token: mine.access_token }),
    refused: [mine, other],
  }),
  'the reuse of a refresh token': async ({ mine }) => {
    const refresh = (tokens: Tokens) =>
      call('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh_token } });
    const second = (await (await refresh(mine)).json()) as Tokens;
    const third = (await (await refresh(second)).json()) as Tokens;
    return { response: await refresh(mine), refused: [mine, second, third] };
  },
  'a change of the password': async ({ user, mine, other }) => ({
    response: await call('PUT', '/auth/password', {
      token: mine.access_token,
      body: { current_password: user.credentials.password, new_password: 'quite another password' },
    }),
    refused: [mine, other],
  }),
  'disabling the user': async ({ user, mine, other }) => ({
    response: await call('PATCH', `/auth/users/${user.id}`, { token: admin, body: { disabled: true } }),
    refused: [mine, other],
  }),
  'taking a scope away': async ({ user, mine, other }) => ({
    response: await call('PATCH', `/auth/users/${user.id}`, {
      token: admin,
      body: { scope: 'customers:read' },
    }),
    refused: [mine, other],
  }),
  'ending one session from another': async ({ mine, other }) => {
    const listed = await call('GET', '/auth/sessions', { token: mine.access_token });
    const { items } = (await listed.json()) as { items: { id: string; current: boolean }[] };
    const id = items.find(({ current }) => !current)?.id;
    return {
      response: await call('DELETE', `/auth/sessions/${id}`, { token: mine.access_token }),
      refused: [other],
    };
  },
};

for (const [name, end] of Object.entries(endings)) {
  t.test(`after ${name} the access tokens are refused by every process within a second`, async (t) => {
    const user = await makeUser();
    const mine = await login(user.credentials);
    const other = await login(user.credentials);
    await acceptedEverywhere(t, [mine, other]);
    const { response, refused } = await end({ user, mine, other });
    t.ok(name.startsWith('the reuse') ? response.status === 401 : response.ok, `${response.status}`);
    const delays = (await Promise.all(refused.map(({ access_token }) => refusedAfter(access_token)))).flat();
    t.ok(Math.max(...delays) < 1_000, `${Math.max(...delays).toFixed()} ms`);
    if (!refused.includes(other)) await acceptedEverywhere(t, [other]);
  });
}

async function acceptedEverywhere(t: Test, sessions: Tokens[]): Promise<void> {
  for (const { access_token } of sessions) {
    const statuses = await Promise.all(resourceServers.map((url) => statusAt(url, access_token)));
    t.ok(
      statuses.every((status) => status === 200),
      'every process accepts tokens that are not revoked',
    );
  }
}

t.test('logouts reach every resource server within a second, most of them within 50 ms', async (t) => {
  const logouts = rounds({ short: 60, long: 5_000 });
  const workers = await Promise.all(Array.from({ length: 4 }, makeUser));
  const delays: number[] = [];
  let left = logouts;
  await Promise.all(
    workers.map(async ({ credentials }) => {
      while (left-- > 0) {
        const { access_token } = await login(credentials);
        await acceptedEverywhere(t, [{ access_token, refresh_token: '' }]);
        const response = await call('POST', '/auth/logout', { token: access_token });
        if (response.status !== 204) throw new Error(`logout: ${response.status}`);
        delays.push(...(await refusedAfter(access_token)));
      }
    }),
  );
  delays.sort((one, other) => one - other);
  const percentile = (share: number) =>
    (delays[Math.ceil(delays.length * share) - 1] ?? Number.NaN).toFixed(1);
  t.comment(
    `${logouts} logouts at ${resourceServers.length} processes, from the answer to the first refused request: p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms, max ${percentile(1)} ms`,
  );
  t.equal(delays.length, logouts * resourceServers.length);
  t.ok((delays.at(-1) ?? Number.NaN) < 1_000);
});

t.test('all refreshes of one token at once, over two processes of auth, get one successor', async (t) => {
  const { refresh_token } = await login(ADMIN);
  const count = rounds({ short: 50, long: 200 });
  const answers = await Promise.all(
    Array.from({ length: count }, () => call('POST', '/auth/refresh', { body: { refresh_token } })),
  );
  t.same(
    answers.map(({ status }) => status),
    Array(count).fill(200),
  );
  const tokens = await Promise.all(
    answers.map(async (answer) => ((await answer.json()) as Tokens).refresh_token),
  );
  t.match(tokens[0], /^rt_/);
  t.equal(new Set(tokens).size, 1);
});

t.test('no request asks Redis or auth whether its token is good', async (t) => {
  const { access_token } = await login(ADMIN);
  const { url } = system.customers[0] ?? { url: '' };
  await statusAt(`${url}/customers?n=1`, access_token);
  const redis = new Redis(system.redis.url);
  t.teardown(() => redis.disconnect());
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);

  const requests = 2_000;
  const [before, start] = [await commands(), performance.now()];
  for (let sent = 0; sent < requests; sent += 50) {
    await Promise.all(Array.from({ length: 50 }, () => statusAt(`${url}/customers?n=1`, access_token)));
  }
  const [issued, seconds] = [(await commands()) - before, (performance.now() - start) / 1_000];
  // each process reads the feed about three times a second, with two commands, for any number of requests
  const reading = resourceServers.length * 2 * 4 * (seconds + 1);
  t.ok(issued < reading + 100, `${issued} commands in ${seconds.toFixed(1)} s, for ${requests} requests`);
});
