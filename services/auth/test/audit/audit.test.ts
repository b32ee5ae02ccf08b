import { waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import pg from 'pg';
import t from 'tap';
import {
  ADMIN,
  get,
  login,
  makeUser,
  patch,
  post,
  startAuth,
  type Tokens,
} from '../support/auth-under-test.ts';

const auth = await startAuth(t);
const { app } = auth;
const database = new pg.Client({ connectionString: auth.ownerUrl });
await database.connect();
t.teardown(() => database.end());

interface Event {
  id: number;
  at: string;
  event: string;
  outcome: string;
  actor_id: string | null;
  user_id: string | null;
  session_id: string | null;
  request_id: string | null;
  address: string | null;
  session_address: string | null;
  detail: string | null;
}

const admin = (await login(app)).access_token;

async function events(query = '', token = admin): Promise<Event[]> {
  const response = await get(app, `/auth/audit${query}`, token);
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${response.body}`);
  return response.json<{ items: Event[] }>().items;
}

/** Waits for an event of a kind that concerns a user, and returns the newest. */
async function eventOf(userId: string, event: string): Promise<Event | undefined> {
  let found: Event | undefined;
  await waitFor(async () => {
    // without events that the user caused for others
    found = (await events(`?user_id=${userId}&event=${event}`)).find(({ user_id }) => user_id === userId);
    return found;
  });
  return found;
}

const sidOf = ({ access_token }: Tokens): string =>
  JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()).sid;

const from = (remoteAddress: string, url: string, payload: object, server: FastifyInstance = app) =>
  server.inject({ method: 'POST', url, payload, remoteAddress });

t.test('the reuse of a refresh token is in the audit, with both addresses of the session', async (t) => {
  const { id, credentials } = await makeUser(app, 'robbed');
  const first = await login(app, credentials);
  const refresh = ({ refresh_token }: Tokens, address: string) =>
    from(address, '/auth/refresh', { refresh_token });
  const second = (await refresh(first, '192.0.2.10')).json<Tokens>();
  await refresh(second, '192.0.2.20');
  const response = await refresh(first, '192.0.2.30');
  t.match(await eventOf(id, 'refresh_token_reused'), {
    outcome: 'refused',
    actor_id: null,
    user_id: id,
    session_id: sidOf(first),
    request_id: response.headers['x-request-id'],
    address: '192.0.2.30',
    session_address: '192.0.2.20',
  });
});

t.test('a repeat from another address within the window is in the audit, with both addresses', async (t) => {
  const { id, credentials } = await makeUser(app, 'followed');
  const { refresh_token } = await login(app, credentials);
  await from('192.0.2.40', '/auth/refresh', { refresh_token });
  await from('192.0.2.40', '/auth/refresh', { refresh_token });
  t.equal((await from('192.0.2.50', '/auth/refresh', { refresh_token })).statusCode, 200);
  const again = (await from('192.0.2.50', '/auth/refresh', { refresh_token })).json<Tokens>();
  t.match(await eventOf(id, 'refresh_token_repeated'), {
    outcome: 'succeeded',
    address: '192.0.2.50',
    session_address: '192.0.2.40',
  });
  await post(app, '/auth/logout', undefined, again.access_token);
  await eventOf(id, 'sign_out'); // events are written in order, so an earlier one would be there by now
  t.equal((await events(`?user_id=${id}&event=refresh_token_repeated`)).length, 1);
});

t.test('a sign-out is in the audit once, with user, time, session, request and address', async (t) => {
  const { id, credentials } = await makeUser(app, 'leaver');
  const [byAccess, byRefresh] = [await login(app, credentials), await login(app, credentials)];
  const before = new Date().toISOString();
  const response = await post(app, '/auth/logout', undefined, byAccess.access_token);
  await post(app, '/auth/logout', undefined, byAccess.access_token);
  const event = await eventOf(id, 'sign_out');
  t.match(event, {
    outcome: 'succeeded',
    actor_id: id,
    session_id: sidOf(byAccess),
    request_id: response.headers['x-request-id'],
    address: '127.0.0.1',
  });
  t.ok(event !== undefined && event.at >= before && event.at <= new Date().toISOString());
  await post(app, '/auth/logout', { refresh_token: byRefresh.refresh_token });
  await waitFor(async () => (await events(`?user_id=${id}&event=sign_out`)).length === 2);
  t.match(await eventOf(id, 'sign_out'), { session_id: sidOf(byRefresh) });
});

t.test('a sign-out everywhere and the end of another session are in the audit', async (t) => {
  const { id, credentials } = await makeUser(app, 'tidy');
  const [mine, other] = [await login(app, credentials), await login(app, credentials)];
  const headers = { authorization: `Bearer ${mine.access_token}` };
  await app.inject({ method: 'DELETE', url: `/auth/sessions/${sidOf(other)}`, headers });
  t.match(await eventOf(id, 'session_ended'), { actor_id: id, session_id: sidOf(other) });
  await post(app, '/auth/logout-all', undefined, mine.access_token);
  t.match(await eventOf(id, 'sign_out_everywhere'), { actor_id: id, session_id: null });
});

t.test('each change of a user is in the audit, with the admin, the user and the change', async (t) => {
  const { id } = await makeUser(app, 'managed', 'customers:read');
  const created = await eventOf(id, 'user_created');
  t.match(created, { outcome: 'succeeded', user_id: id, detail: 'customers:read' });
  const adminId = (await get(app, '/auth/me', admin)).json<{ id: string }>().id;
  t.equal(created?.actor_id, adminId);
  for (const [change, event, detail] of [
    [{ scope: 'customers:write' }, 'scopes_changed', 'customers:write'],
    [{ disabled: true }, 'user_disabled', null],
    [{ disabled: false }, 'user_enabled', null],
  ] as const) {
    await patch(app, `/auth/users/${id}`, change, admin);
    t.match(await eventOf(id, event), { outcome: 'succeeded', actor_id: adminId, user_id: id, detail });
  }
  await patch(app, `/auth/users/${id}`, { disabled: false }, admin);
  t.equal((await patch(app, `/auth/users/${adminId}`, { disabled: true }, admin)).statusCode, 409);
  t.match(await eventOf(adminId, 'user_disabled'), { outcome: 'refused', detail: 'the last admin' });
  t.equal(
    (await events(`?user_id=${id}&event=user_enabled`)).length,
    1,
    'a request that changes nothing is no event',
  );
});

t.test('a registration is in the audit', async (t) => {
  const open = await auth.another({ REGISTRATION: 'open', REGISTRATION_SCOPES: ['customers:read'] });
  const response = await post(open, '/auth/register', {
    username: 'newcomer',
    password: 'a long, long walk',
  });
  const { id } = response.json<{ id: string }>();
  t.match(await eventOf(id, 'user_registered'), { actor_id: id, user_id: id, detail: 'customers:read' });
});

t.test('only an admin reads the audit', async (t) => {
  const { credentials } = await makeUser(app, 'curious', 'customers:read');
  const { access_token } = await login(app, credentials);
  t.match((await get(app, '/auth/audit', access_token)).json(), { status: 403, code: 'insufficient_scope' });
  t.equal((await get(app, '/auth/audit')).statusCode, 401);
  const response = await get(app, '/auth/audit', admin);
  t.equal(response.headers['cache-control'], 'no-store');
});

t.test('the audit returns the last 1,000 events, the newest first, for one user and one kind', async (t) => {
  const [one, other] = ['01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-000000000002'];
  await database.query(
    `INSERT INTO security_events (at, event, outcome, user_id, actor_id)
     SELECT now(), CASE WHEN n % 2 = 0 THEN 'sign_in' ELSE 'sign_out' END, 'succeeded', $1, $2
     FROM generate_series(1, 1100) AS n`,
    [one, other],
  );
  const ids = (items: Event[]) => items.map(({ id }) => id);
  const newest = await events();
  t.equal(newest.length, 1_000);
  t.same(
    ids(newest),
    ids(newest).toSorted((a, b) => b - a),
  );
  t.equal((await events(`?user_id=${one}&event=sign_in`)).length, 550);
  t.equal((await events(`?user_id=${other}`)).length, 1_000, 'also events with the user as the actor');
  t.equal((await events(`?user_id=${one}&limit=3`)).length, 3);
  t.same(await events('?user_id=01990000-0000-7000-8000-000000000003'), []);
  for (const query of ['?event=nothing', '?user_id=1', '?limit=0', '?limit=1001', '?n=1']) {
    t.equal((await get(app, `/auth/audit${query}`, admin)).statusCode, 400, query);
  }
});

t.test('PostgreSQL refuses to change an event, or to remove it within 90 days', async (t) => {
  for (const statement of [
    'UPDATE security_events SET event = event',
    'DELETE FROM security_events',
    'TRUNCATE security_events',
  ]) {
    await t.rejects(database.query(statement), /append-only/, statement);
  }
});

t.test('the role of the service can only add audit events and read them', async (t) => {
  const service = new pg.Client({ connectionString: auth.config.DATABASE_URL });
  await service.connect();
  t.teardown(() => service.end());
  await service.query(
    "INSERT INTO security_events (at, event, outcome) VALUES (now(), 'sign_in', 'succeeded')",
  );
  t.ok((await service.query('SELECT FROM security_events LIMIT 1')).rowCount);
  for (const statement of [
    'UPDATE security_events SET event = event',
    "DELETE FROM security_events WHERE at < now() - interval '90 days'",
    'TRUNCATE security_events',
    'DROP TABLE security_events',
    'ALTER TABLE security_events DISABLE TRIGGER ALL',
    'ALTER TABLE security_events DISABLE TRIGGER append_only',
    'ALTER TABLE security_events RENAME TO away',
    'ALTER TABLE security_events OWNER TO CURRENT_USER',
    'ALTER TABLE security_events DROP COLUMN detail',
    'ALTER TABLE security_events ALTER COLUMN at SET DEFAULT now()',
    'DROP TRIGGER append_only ON security_events',
    'CREATE TRIGGER more BEFORE INSERT ON security_events FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    'CREATE RULE none AS ON INSERT TO security_events DO INSTEAD NOTHING',
    'DROP FUNCTION refuse_change_of_security_events CASCADE',
    'DROP FUNCTION remove_old_security_events',
    'ALTER FUNCTION remove_old_security_events SECURITY INVOKER',
    'DO $$ BEGIN LOCK TABLE security_events IN ACCESS EXCLUSIVE MODE; END $$',
    "SET session_replication_role = 'replica'",
    'CREATE TABLE another (id integer)',
    'CREATE TEMPORARY TABLE security_events (id integer)',
    'CREATE SCHEMA another',
    'DROP SCHEMA public CASCADE',
    'ALTER DATABASE :database RESET ALL',
    'SET ROLE :owner',
    'GRANT :owner TO CURRENT_USER',
    'CREATE ROLE another',
    'DELETE FROM signing_keys',
    'TRUNCATE users',
    'SELECT FROM drizzle.__drizzle_migrations',
  ]) {
    const { pathname, username } = new URL(auth.ownerUrl);
    const sql = statement.replace(':database', pathname.slice(1)).replace(':owner', username);
    await t.rejects(service.query(sql), { code: '42501' }, statement);
  }
});

t.test('an event that cannot be written goes to the log, and blocks nothing', async (t) => {
  const { id, credentials } = await makeUser(app, 'unlucky');
  const tokens = await login(app, credentials);
  await database.query('ALTER TABLE security_events RENAME TO security_events_away');
  const response = await post(app, '/auth/logout', undefined, tokens.access_token);
  t.equal(response.statusCode, 204);
  // the event of the sign-in may also be in the log
  const unwritten = () =>
    auth
      .logged()
      .split('\n')
      .find((line) => line.includes('that is not in the table') && line.includes('"sign_out"'));
  await waitFor(() => unwritten() !== undefined);
  t.match(JSON.parse(unwritten() ?? '{}').security_event, {
    event: 'sign_out',
    userId: id,
    sessionId: sidOf(tokens),
  });
  await database.query('ALTER TABLE security_events_away RENAME TO security_events');
  await post(app, '/auth/logout-all', undefined, (await login(app, credentials)).access_token);
  t.ok(await eventOf(id, 'sign_out_everywhere'), 'the next event is written again');
});

t.test('a process writes its pending events before it ends', async (t) => {
  const { id, credentials } = await makeUser(app, 'last');
  const stopping = await auth.another();
  const { access_token } = await login(stopping, credentials);
  t.equal((await post(stopping, '/auth/logout', undefined, access_token)).statusCode, 204);
  await stopping.close();
  const { rows } = await database.query(
    "SELECT 1 FROM security_events WHERE user_id = $1 AND event = 'sign_out'",
    [id],
  );
  t.equal(rows.length, 1);
});

t.test('the audit contains no password and no token, even one typed into a wrong field', async (t) => {
  const { credentials } = await makeUser(app, 'careless');
  await post(app, '/auth/login', { username: 'hunter2-hunter2', password: credentials.username });
  await post(app, '/auth/login', { username: credentials.username, password: 'a wrong one' });
  const first = await login(app, credentials);
  const second = (await post(app, '/auth/refresh', { refresh_token: first.refresh_token })).json<Tokens>();
  const third = (await post(app, '/auth/refresh', { refresh_token: second.refresh_token })).json<Tokens>();
  await post(app, '/auth/refresh', { refresh_token: first.refresh_token });
  await waitFor(
    async () => (await events('?event=refresh_token_reused&limit=1'))[0]?.session_id === sidOf(first),
  );
  const { rows } = await database.query('SELECT security_events::text AS text FROM security_events');
  const written = rows.map(({ text }) => text).join('\n');
  const secrets = [
    'hunter2-hunter2',
    'a wrong one',
    credentials.password,
    ADMIN.password,
    ...[first, second, third].flatMap(({ access_token, refresh_token }) => [access_token, refresh_token]),
  ];
  for (const secret of secrets) t.notOk(written.includes(secret));
});
