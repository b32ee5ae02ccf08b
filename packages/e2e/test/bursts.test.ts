// Runs alone: it demands an answer to each request of a burst.
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { isLong, type Teardown } from '@pair/test-kit';
import t, { type Test } from 'tap';
import { type Answer, call, openApi } from './support/api.ts';
import { ADMIN, startSystem } from './support/system.ts';

const COUNT = 1_000;
const REFRESHES = 200;
const IDLE_MS = 60_000;
const skip = isLong() ? false : 'the cold and the busy system are harder tests: see npm run test:long';

t.setTimeout(600_000);
const system = await startSystem(t, { customersProcesses: 2 });
const api = openApi(system.url, { maxSockets: Number.POSITIVE_INFINITY, timeoutMs: 60_000 });
t.teardown(() => api.agent.destroy());
const admin = await signIn();
const sessions = [admin];

t.test('a cold system answers a burst', (t) => answersAll(t));
t.test('a warm system answers a burst', { skip }, async (t) => {
  await beginSessions();
  await answersAll(t);
});
t.test('a system that was idle answers a burst', { skip }, async (t) => {
  await delay(IDLE_MS);
  await answersAll(t);
});
t.test('a warm system on a busy machine answers a burst', async (t) => {
  await beginSessions();
  keepBusy(t, 2);
  await answersAll(t);
});

/** Sends a thousand requests of each kind at once, then all kinds at once: the system must answer every request. */
async function answersAll(t: Test): Promise<void> {
  const { access_token: token } = admin;
  const create = (i: number) =>
    call(api, 'POST', '/customers', { token, body: { name: `Name ${i}`, dob: '1990-05-15' } });
  const created = await burst(t, 'create', COUNT, create);
  const ids = created.map(({ body }) => (body as { id: string }).id);
  const get = (i: number) => call(api, 'GET', `/customers/${ids[i]}`, { token });
  const list = (i: number) => call(api, 'GET', `/customers?n=${1 + (i % 50)}`, { token });
  const refresh = async (i: number) => {
    const session = sessions[i % sessions.length] ?? admin;
    return call(api, 'POST', '/auth/refresh', { body: { refresh_token: session.refresh_token } });
  };
  await burst(t, 'get', COUNT, get);
  await burst(t, 'list', COUNT, list);
  keep(await burst(t, 'refresh', REFRESHES, refresh));
  const all = [create, get, list];
  const answers = await burst(t, 'all of it', 3 * COUNT + REFRESHES, (i) =>
    i < 3 * COUNT ? (all[i % 3] ?? get)(Math.floor(i / 3)) : refresh(i - 3 * COUNT),
  );
  keep(answers.slice(3 * COUNT));
}

async function burst(t: Test, name: string, count: number, send: (i: number) => Promise<Answer>) {
  const start = performance.now();
  const answers = await Promise.all(Array.from({ length: count }, (_, i) => send(i)));
  const refused = answers.filter(({ status }) => status !== 200 && status !== 201);
  const statuses = refused.map(({ status }) => status);
  t.same(statuses, [], `${name}: ${count} at once`);
  t.comment(`${t.name}: ${name}: ${count} in ${Math.round(performance.now() - start)} ms`);
  return answers;
}

interface Tokens {
  access_token: string;
  refresh_token: string;
}

async function signIn(): Promise<Tokens> {
  return (await call(api, 'POST', '/auth/login', { body: ADMIN })).body as Tokens;
}

/** Begins so many sessions that only two refreshes of a burst are of the same one. */
async function beginSessions(): Promise<void> {
  while (sessions.length < REFRESHES / 2) sessions.push(await signIn());
}

/** Keeps the successors for the next burst. */
function keep(answers: Answer[]): void {
  for (const [i, { body }] of answers.entries()) {
    Object.assign(sessions[i % sessions.length] ?? admin, body);
  }
}

/** Starts processes that occupy the CPU until the end of the test. */
function keepBusy(t: Teardown, count: number): void {
  for (let i = 0; i < count; i++) {
    const loop = spawn(process.execPath, [
      '-e',
      'const end = Date.now() + 120_000; while (Date.now() < end);',
    ]);
    t.teardown(() => loop.kill());
  }
}
