import { setTimeout as delay } from 'node:timers/promises';
import { PRODUCTION_LIMITS, rounds, testPostgres, waitFor } from '@pair/test-kit';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import pg from 'pg';
import t from 'tap';
import { get, login, makeUser, patch, post, refusedWithin1s, startAuth } from '../support/auth-under-test.ts';
import { lossyRedis } from '../support/lossy-redis.ts';

const postgres = await testPostgres(t);
const auth = await startAuth(t, { DATABASE_URL: postgres.url }, PRODUCTION_LIMITS);
const { app, within } = auth;
const way = await lossyRedis(t, auth.redis.port);
/** Another process, which can lose its connection to Redis. */
const remote = await auth.another({ REDIS_URL: way.url });
const operator = new pg.Client({ connectionString: postgres.url });
await operator.connect();
t.teardown(() => operator.end());

const NEW_PASSWORD = 'a quite different password';
const ready = async (server: FastifyInstance) => (await get(server, '/readyz')).statusCode === 200;
const signIn = async (username: string, password: string) =>
  (await post(app, '/auth/login', { username, password })).statusCode;

let count = 0;
async function signedIn() {
  const { id, credentials } = await makeUser(app, `user-${count++}`, 'customers:read customers:write');
  // a new session each time: makeUser signs the admin in, and a hundred later sessions would end this one
  const admin = (await login(app)).access_token;
  return { id, ...credentials, admin, tokens: await login(app, credentials) };
}
type SignedIn = Awaited<ReturnType<typeof signedIn>>;

interface Change {
  make(server: FastifyInstance, user: SignedIn): Promise<LightMyRequestResponse>;
  isMade(user: SignedIn): Promise<boolean>;
}

const member = async ({ id, admin }: SignedIn) => (await get(app, `/auth/users/${id}`, admin)).json();
const changes: Record<string, Change> = {
  'disabling a user': {
    make: (server, { id, admin }) => patch(server, `/auth/users/${id}`, { disabled: true }, admin),
    isMade: async (user) => (await member(user)).disabled,
  },
  'taking a scope away': {
    make: (server, { id, admin }) => patch(server, `/auth/users/${id}`, { scope: 'customers:read' }, admin),
    isMade: async (user) => (await member(user)).scope === 'customers:read',
  },
  'a new password': {
    make: (server, { password, tokens }) =>
      server.inject({
        method: 'PUT',
        url: '/auth/password',
        headers: { authorization: `Bearer ${tokens.access_token}` },
        payload: { current_password: password, new_password: NEW_PASSWORD },
      }),
    isMade: async ({ username }) => (await signIn(username, NEW_PASSWORD)) === 200,
  },
  'a new password from an admin': {
    make: (server, { id, admin }) =>
      server.inject({
        method: 'PUT',
        url: `/auth/users/${id}/password`,
        headers: { authorization: `Bearer ${admin}` },
        payload: { password: NEW_PASSWORD },
      }),
    isMade: async ({ username }) => (await signIn(username, NEW_PASSWORD)) === 200,
  },
  'deleting a user': {
    make: (server, { id, admin }) =>
      server.inject({
        method: 'DELETE',
        url: `/auth/users/${id}`,
        headers: { authorization: `Bearer ${admin}` },
      }),
    isMade: async ({ id, admin }) => (await get(app, `/auth/users/${id}`, admin)).statusCode === 404,
  },
};

interface Fault {
  server: FastifyInstance;
  begin(): unknown;
  end(): unknown;
  isMade: boolean;
  sessionsLive: boolean;
}

const faults: Record<string, Fault> = {
  'Redis is away': {
    server: remote,
    begin: way.close,
    end: way.open,
    isMade: false,
    sessionsLive: true,
  },
  'the reply of Redis is lost': {
    server: remote,
    begin: () => void way.loseNextReply(/:sessions\r/),
    end: () => {},
    isMade: false,
    sessionsLive: false,
  },
  'PostgreSQL refuses to commit': {
    server: app,
    begin: () => atCommit(`RAISE 'no space' USING ERRCODE = 'disk_full'`),
    end: () => operator.query('DROP FUNCTION at_commit CASCADE'),
    isMade: false,
    sessionsLive: false,
  },
  'the connection ends at COMMIT': {
    server: app,
    begin: () => atCommit('PERFORM pg_terminate_backend(pg_backend_pid())'),
    end: () => operator.query('DROP FUNCTION at_commit CASCADE'),
    isMade: false,
    sessionsLive: false,
  },
  'PostgreSQL commits, and its reply is late': {
    server: app,
    begin: () => onceSessionsEnded(postgres.pause),
    end: async () => {
      postgres.resume();
      await waitFor(noTransaction);
    },
    isMade: true,
    sessionsLive: false,
  },
};

t.test('no matter which store fails, a committed change leaves no live session', async (t) => {
  for (const [what, change] of Object.entries(changes)) {
    for (const [when, { server, begin, end, isMade, sessionsLive }] of Object.entries(faults)) {
      await t.test(`${what}, and ${when}`, async (t) => {
        const user = await signedIn();
        await waitFor(() => ready(server));
        await begin();
        t.equal((await change.make(server, user)).statusCode, 503);
        await end();
        await waitFor(async () => (await ready(app)) && (await ready(remote)));
        t.equal(await change.isMade(user), isMade, 'the state of the change');
        const { access_token, refresh_token } = user.tokens;
        const refreshed = await post(app, '/auth/refresh', { refresh_token });
        t.equal(refreshed.statusCode, sessionsLive ? 200 : 401);
        if (sessionsLive) t.equal((await get(app, '/auth/me', access_token)).statusCode, 200);
        else t.ok(await refusedWithin1s(app, access_token));
      });
    }
  }
});

t.test('no matter when a store fails, a disabled user has no live session', async (t) => {
  const outcomes = new Map<string, number>();
  for (let round = 0; round < rounds({ short: 6, long: 300 }); round++) {
    const user = await signedIn();
    await waitFor(() => ready(remote));
    const changing = patch(remote, `/auth/users/${user.id}`, { disabled: true }, user.admin);
    await delay(Math.random() * 15); // about as long as the change takes
    const store = Math.random() < 0.5 ? 'Redis' : 'PostgreSQL';
    if (store === 'Redis') way.close();
    else await endConnections();
    const { statusCode } = await changing;
    way.open();
    await waitFor(async () => (await ready(app)) && (await ready(remote)));

    const isDisabled = (await member(user)).disabled;
    const refreshed = await post(app, '/auth/refresh', { refresh_token: user.tokens.refresh_token });
    t.ok(statusCode === 200 || statusCode === 503, `${statusCode}`);
    if (statusCode === 200) t.ok(isDisabled, 'an acknowledged change is made');
    if (isDisabled) t.equal(refreshed.statusCode, 401);
    else t.ok([200, 401].includes(refreshed.statusCode), `${refreshed.statusCode}`);
    const outcome = `${store}: ${statusCode}, ${isDisabled ? 'disabled' : 'as before'}, session ${refreshed.statusCode === 200 ? 'lives' : 'ended'}`;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  for (const [outcome, times] of outcomes) t.comment(`${times} × ${outcome}`);
});

/** Makes PostgreSQL run `statement` when a transaction that has changed a user commits. */
const atCommit = (statement: string) =>
  operator.query(`
    CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE OR DELETE ON users
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()`);

/** Runs `work` once, between UPDATE and COMMIT. */
function onceSessionsEnded(work: () => void): void {
  const { endAllOfUser } = within.sessions;
  within.sessions.endAllOfUser = async (userId) => {
    within.sessions.endAllOfUser = endAllOfUser;
    const ended = await endAllOfUser(userId);
    work();
    return ended;
  };
}

async function noTransaction(): Promise<boolean> {
  const { rows } = await operator.query(
    `SELECT 1 FROM pg_stat_activity WHERE application_name = 'auth' AND xact_start IS NOT NULL`,
  );
  return rows.length === 0;
}

const endConnections = () =>
  operator.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'auth'`);
