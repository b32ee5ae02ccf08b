import { waitFor } from '@pair/test-kit';
import pg from 'pg';
import t from 'tap';
import {
  get,
  login,
  makeUser,
  patch,
  post,
  recordedEvents,
  refusedWithin1s,
  startAuth,
  type Tokens,
} from '../support/auth-under-test.ts';
import { authorize, redeem } from '../support/oauth.ts';

const auth = await startAuth(t, { REGISTRATION: 'open' });
const { app, within } = auth;
const admin = (await login(app)).access_token;
const adminId = (await get(app, '/auth/me', admin)).json<{ id: string }>().id;
const owner = new pg.Client({ connectionString: auth.ownerUrl });
await owner.connect();
t.teardown(() => owner.end());

const remove = (id: string, token: string | undefined = admin) =>
  app.inject({ method: 'DELETE', url: `/auth/users/${id}`, headers: { authorization: `Bearer ${token}` } });
const refresh = ({ refresh_token }: Tokens) => post(app, '/auth/refresh', { refresh_token });

t.test('a deleted user is gone: account, sessions, tokens and authorization codes', async (t) => {
  const { id, credentials } = await makeUser(app, 'leaver', 'customers:read');
  const bystander = await login(app, (await makeUser(app, 'stayer')).credentials);
  const sessions = await Promise.all([login(app, credentials), login(app, credentials)]);
  const granted = await authorize(app, { client_id: 'swagger-ui' }, credentials);
  const response = await remove(id.toUpperCase());
  t.equal(response.statusCode, 204);
  t.equal(response.body, '');
  for (const tokens of sessions) {
    t.match((await refresh(tokens)).json(), { status: 401, code: 'invalid_grant' });
    t.ok(await refusedWithin1s(app, tokens.access_token));
  }
  t.match((await redeem(app, granted, { client_id: 'swagger-ui' })).json(), { error: 'invalid_grant' });
  t.match((await post(app, '/auth/login', credentials)).json(), { code: 'invalid_credentials' });
  t.equal((await get(app, `/auth/users/${id}`, admin)).statusCode, 404);
  t.equal((await remove(id)).statusCode, 404, 'a second time');
  t.equal((await get(app, '/auth/me', bystander.access_token)).statusCode, 200);
  t.same(await within.redis.keys(`{auth}:user:${id}:sessions`), []);
});

t.test('the audit names the admin and the id of the deleted user, and never the username', async (t) => {
  const { id, credentials } = await makeUser(app, 'nameless-from-now');
  await login(app, credentials);
  await remove(id);
  const [deleted] = await recordedEvents(app, admin, `user_id=${id}&event=user_deleted`);
  t.match(deleted, { event: 'user_deleted', outcome: 'succeeded', actor_id: adminId });
  t.ok((await recordedEvents(app, admin, `user_id=${id}`)).some(({ event }) => event === 'sign_in'));
  const { rows } = await owner.query(
    'SELECT FROM security_events WHERE strpos(security_events::text, $1) > 0',
    [credentials.username],
  );
  t.equal(rows.length, 0);
});

t.test('the username of a deleted user is free, for a user with another id', async (t) => {
  const { id, credentials } = await makeUser(app, 'phoenix');
  const before = await login(app, credentials);
  await remove(id);
  const registered = await post(app, '/auth/register', { ...credentials, password: 'another long password' });
  t.equal(registered.statusCode, 201);
  t.not(registered.json<{ id: string }>().id, id);
  t.equal((await refresh(before)).statusCode, 401);
  t.equal((await post(app, '/auth/login', credentials)).statusCode, 401, 'the old password');
});

t.test('a sign-in during the deletion gets no tokens, also before the COMMIT', async (t) => {
  const { id, credentials } = await makeUser(app, 'deleted-meanwhile');
  // the COMMIT waits for this lock: until then other transactions see the user
  await owner.query(`
    SELECT pg_advisory_lock(1);
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER slow_commit AFTER DELETE ON users
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()`);
  const { sessions } = within;
  const { create, endAllOfUser } = sessions;
  t.teardown(() => Object.assign(sessions, { create, endAllOfUser }));
  const ended = new Promise<void>((resolve) => {
    sessions.endAllOfUser = async (userId) => {
      const count = await endAllOfUser(userId);
      resolve();
      return count;
    };
  });
  const began = new Promise<{ refreshToken: string }>((resolve) => {
    sessions.create = async (...session) => {
      await ended;
      const made = await create(...session);
      resolve(made);
      return made;
    };
  });
  const deleting = remove(id);
  const signingIn = post(app, '/auth/login', credentials);
  const { refreshToken } = await began;
  await owner.query('SELECT pg_advisory_unlock(1)');
  t.equal((await deleting).statusCode, 204);
  await owner.query('DROP TRIGGER slow_commit ON users; DROP FUNCTION wait');
  t.match((await signingIn).json(), { status: 401, code: 'invalid_credentials' });
  t.equal((await post(app, '/auth/refresh', { refresh_token: refreshToken })).statusCode, 401);
});

t.test('a refresh that reads the scopes during the deletion gets no tokens', async (t) => {
  const { id, credentials } = await makeUser(app, 'refreshed-meanwhile');
  const tokens = await login(app, credentials);
  await patch(app, `/auth/users/${id}`, { scope: 'customers:read' }, admin); // the next refresh reads them
  const { users } = within;
  const { findSettledById } = users;
  t.teardown(() => Object.assign(users, { findSettledById }));
  users.findSettledById = async (userId) => {
    t.equal((await remove(id)).statusCode, 204);
    return findSettledById(userId);
  };
  t.match((await refresh(tokens)).json(), { status: 401, code: 'invalid_grant' });
});

t.test('only an admin deletes users, and an unknown id is 404', async (t) => {
  const { id, credentials } = await makeUser(app, 'no-admin', 'customers:read');
  const { access_token } = await login(app, credentials);
  t.match((await remove(id, access_token)).json(), { status: 403, code: 'insufficient_scope' });
  t.equal((await get(app, '/auth/me', access_token)).statusCode, 200);
  t.match((await remove('0198c7a2-7a00-7000-8000-000000000000')).json(), { status: 404, code: 'not_found' });
});

t.test('the last enabled admin cannot be deleted, and two admins cannot delete each other', async (t) => {
  const disabled = await makeUser(app, 'disabled-admin', 'users:admin');
  await owner.query('UPDATE users SET disabled = true WHERE id = $1', [disabled.id]);
  for (const id of [adminId, adminId.toUpperCase()]) {
    t.match((await remove(id)).json(), { status: 409, code: 'last_admin' });
  }
  const refused = async () =>
    (await recordedEvents(app, admin, 'event=user_deleted')).filter(({ outcome }) => outcome === 'refused');
  await waitFor(async () => (await refused()).length === 2);
  t.match((await refused())[0], { actor_id: adminId, detail: 'the last admin' });
  t.equal((await remove(disabled.id)).statusCode, 204, 'a disabled admin is not the last one');

  const second = await makeUser(app, 'second-admin', 'users:admin');
  const { access_token } = await login(app, second.credentials);
  const answers = await Promise.all([remove(adminId, access_token), remove(second.id)]);
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [204, 409]);
  const [remaining] = (await owner.query("SELECT id FROM users WHERE 'users:admin' = ANY (scopes)")).rows;
  t.ok([adminId, second.id].includes(remaining?.id));
});
