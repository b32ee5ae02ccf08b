import { SCOPES } from '@pair/access-token';
import { waitFor } from '@pair/test-kit';
import pg from 'pg';
import t from 'tap';
import { updateUser } from '../../src/users/update-user.ts';
import {
  get,
  login,
  makeUser,
  patch,
  post,
  refusedWithin1s,
  startAuth,
  type Tokens,
} from '../support/auth-under-test.ts';

const auth = await startAuth(t);
const { app } = auth;
const admin = (await login(app)).access_token;

t.test('/auth/me returns the signed-in user without any secret', async (t) => {
  const me = (await get(app, '/auth/me', admin)).json();
  t.same(Object.keys(me).sort(), ['created_at', 'id', 'scope', 'username']);
  t.match(me, {
    id: /^[0-9a-f-]{36}$/,
    username: 'admin',
    scope: SCOPES.join(' '),
    created_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  });
});

t.test('an admin creates a user, and the user signs in with exactly the given scopes', async (t) => {
  const response = await post(
    app,
    '/auth/users',
    {
      username: 'Ada',
      password: 'a long enough password',
      scope: 'customers:write customers:read customers:write',
    },
    admin,
  );
  t.equal(response.statusCode, 201);
  t.match(response.json(), { username: 'ada', scope: 'customers:read customers:write', disabled: false });
  t.equal(response.headers.location, `/auth/users/${response.json().id}`);
  t.same((await get(app, String(response.headers.location), admin)).json(), response.json());
  const tokens = await login(app, { username: 'ada', password: 'a long enough password' });
  t.equal(tokens.scope, 'customers:read customers:write');
});

t.test('a taken username is 409, in any case', async (t) => {
  const user = { username: 'taken', password: 'a long enough password' };
  const answers = await Promise.all(
    ['taken', 'Taken', 'TAKEN'].map((username) => post(app, '/auth/users', { ...user, username }, admin)),
  );
  t.same(answers.map((answer) => answer.statusCode).sort(), [201, 409, 409]);
  t.match(answers.find((answer) => answer.statusCode === 409)?.json(), { code: 'username_taken' });
});

t.test('without users:admin a user can neither read nor change users', async (t) => {
  const { id, credentials } = await makeUser(app, 'not-an-admin', 'customers:read customers:write');
  const { access_token } = await login(app, credentials);
  for (const response of [
    await get(app, '/auth/users', access_token),
    await get(app, `/auth/users/${id}`, access_token),
    await post(app, '/auth/users', { username: 'x-y-z', password: 'a long enough password' }, access_token),
    await patch(app, `/auth/users/${id}`, { scope: 'users:admin' }, access_token),
  ]) {
    t.match(response.json(), { status: 403, code: 'insufficient_scope' });
    t.match(response.headers['www-authenticate'], /error="insufficient_scope"/);
  }
  t.equal((await get(app, '/auth/users')).statusCode, 401);
});

t.test('disabling a user ends the user’s sessions everywhere within a second', async (t) => {
  const { id, credentials } = await makeUser(app, 'to-disable', 'customers:read');
  const sessions = await Promise.all([login(app, credentials), login(app, credentials)]);
  t.match((await patch(app, `/auth/users/${id}`, { disabled: true }, admin)).json(), { disabled: true });
  for (const { access_token } of sessions) t.ok(await refusedWithin1s(app, access_token));
  t.equal((await post(app, '/auth/login', credentials)).statusCode, 401);

  t.match((await patch(app, `/auth/users/${id}`, { disabled: false }, admin)).json(), { disabled: false });
  t.equal((await post(app, '/auth/login', credentials)).statusCode, 200);
});

t.test(
  'the removal of a scope ends the user’s sessions, and an added scope is in the next token',
  async (t) => {
    const { id, credentials } = await makeUser(app, 'rescoped', 'customers:read');
    const { access_token, refresh_token } = await login(app, credentials);
    t.match(
      (await patch(app, `/auth/users/${id}`, { scope: 'customers:read customers:write' }, admin)).json(),
      {
        scope: 'customers:read customers:write',
      },
    );
    t.equal((await get(app, '/auth/me', access_token)).statusCode, 200);
    const next = (await post(app, '/auth/refresh', { refresh_token })).json<Tokens>();
    t.equal(next.scope, 'customers:read customers:write');
    await patch(app, `/auth/users/${id}`, { scope: 'customers:write' }, admin);
    t.ok(await refusedWithin1s(app, access_token));
  },
);

t.test('an added scope that PostgreSQL refuses to commit is in no token', async (t) => {
  const { id, credentials } = await makeUser(app, 'nearly-rescoped', 'customers:read');
  const { refresh_token } = await login(app, credentials);
  const owner = new pg.Client({ connectionString: auth.ownerUrl });
  await owner.connect();
  t.teardown(() => owner.end());
  await owner.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$;
    CREATE CONSTRAINT TRIGGER refuse_commit AFTER UPDATE ON users
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`);
  const refused = await patch(app, `/auth/users/${id}`, { scope: 'customers:read users:admin' }, admin);
  await owner.query('DROP TRIGGER refuse_commit ON users; DROP FUNCTION refuse');
  t.match(refused.json(), { status: 503 });
  const next = (await post(app, '/auth/refresh', { refresh_token })).json<Tokens>();
  t.equal(next.scope, 'customers:read');
});

t.test('scopes that change during a sign-in are those of its tokens, and of the next', async (t) => {
  const { id, credentials } = await makeUser(app, 'changed-meanwhile', 'customers:read customers:write');
  const { sessions } = auth.within;
  const { create } = sessions;
  t.teardown(() => Object.assign(sessions, { create }));
  for (const scope of ['customers:read', 'customers:read customers:write']) {
    sessions.create = async (...session) => {
      await patch(app, `/auth/users/${id}`, { scope }, admin);
      return create(...session);
    };
    const tokens = await login(app, credentials);
    t.equal(tokens.scope, scope);
    const next = await post(app, '/auth/refresh', { refresh_token: tokens.refresh_token });
    t.equal(next.json<Tokens>().scope, scope);
  }
});

t.test('a user whose account is being disabled while they sign in gets no tokens', async (t) => {
  const { id, credentials } = await makeUser(app, 'disabled-meanwhile');
  const owner = new pg.Client({ connectionString: auth.ownerUrl });
  await owner.connect();
  t.teardown(() => owner.end());
  // the COMMIT of the change waits for this lock: until then other transactions see the enabled user
  await owner.query(`
    SELECT pg_advisory_lock(1);
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER slow_commit AFTER UPDATE ON users
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()`);
  const disabling = patch(app, `/auth/users/${id}`, { disabled: true }, admin);
  const { sessions } = auth.within;
  const { create, endAllOfUser } = sessions;
  const ended = new Promise<void>((resolve) => {
    sessions.endAllOfUser = async (userId) => {
      const count = await endAllOfUser(userId);
      resolve();
      return count;
    };
  });
  t.teardown(() => Object.assign(sessions, { create, endAllOfUser }));
  const began = new Promise<void>((resolve) => {
    sessions.create = async (...session) => {
      await ended;
      const made = await create(...session);
      resolve();
      return made;
    };
  });
  const signingIn = post(app, '/auth/login', credentials);
  await began;
  await owner.query('SELECT pg_advisory_unlock(1)');
  t.equal((await disabling).statusCode, 200);
  await owner.query('DROP TRIGGER slow_commit ON users; DROP FUNCTION wait');
  t.match((await signingIn).json(), { status: 401, code: 'invalid_credentials' });
});

t.test(
  'an id in capitals is the same id: sessions end, the last admin stays, and answers are alike',
  async (t) => {
    const [disabled, narrowed] = await Promise.all(
      ['CAPITALS-a', 'CAPITALS-b'].map(async (name) => {
        const { id, credentials } = await makeUser(app, name, 'customers:read customers:write');
        return { id, credentials, access_token: (await login(app, credentials)).access_token };
      }),
    );
    if (disabled === undefined || narrowed === undefined) return;
    const capitals = (id: string) => `/auth/users/${id.toUpperCase()}`;
    t.match((await patch(app, capitals(disabled.id), { disabled: true }, admin)).json(), { id: disabled.id });
    t.ok(await refusedWithin1s(app, disabled.access_token));
    t.equal((await post(app, '/auth/login', disabled.credentials)).statusCode, 401);
    await patch(app, capitals(narrowed.id), { scope: 'customers:read' }, admin);
    t.ok(await refusedWithin1s(app, narrowed.access_token));

    const { id: own } = (await get(app, '/auth/me', admin)).json();
    for (const change of [{ disabled: true }, { scope: '' }]) {
      t.match((await patch(app, capitals(own), change, admin)).json(), { status: 409, code: 'last_admin' });
    }
    t.same(
      (await get(app, capitals(own), admin)).json(),
      (await get(app, `/auth/users/${own}`, admin)).json(),
    );
    const events = async (id: string) =>
      (await get(app, `/auth/audit?user_id=${id}`, admin)).json().items.length;
    await waitFor(async () => (await events(disabled.id)) === 4); // the audit writes in the background
    t.equal(await events(disabled.id.toUpperCase()), 4);
  },
);

t.test('a change ends the sessions under the id of the row, for any spelling in the request', async (t) => {
  const { id, credentials } = await makeUser(app, 'asked-within');
  const { access_token } = await login(app, credentials);
  await updateUser(auth.within, id.toUpperCase(), { disabled: true });
  t.ok(await refusedWithin1s(app, access_token));
  const { id: own } = (await get(app, '/auth/me', admin)).json();
  const change = updateUser(auth.within, own.toUpperCase(), { disabled: true });
  await t.rejects(change, { code: 'last_admin' });
});

t.test('an update can also be a merge patch', async (t) => {
  const { id } = await makeUser(app, 'merge-patched');
  const response = await app.inject({
    method: 'PATCH',
    url: `/auth/users/${id}`,
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/merge-patch+json' },
    payload: '{"scope":"customers:read"}',
  });
  t.match(response.json(), { scope: 'customers:read' });
});

t.test('the list of users has pages and is in the order of usernames', async (t) => {
  for (const name of ['page-a', 'page-b', 'page-c']) await makeUser(app, name);
  const names: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: { items: { username: string; disabled: boolean }[]; next_cursor: string | null } = (
      await get(app, `/auth/users?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, admin)
    ).json();
    t.ok(page.items.length <= 2);
    names.push(...page.items.map((user) => user.username));
    cursor = page.next_cursor;
  }
  t.same(names, [...names].sort());
  t.equal(new Set(names).size, names.length);
  for (const name of ['admin', 'page-a', 'page-b', 'page-c']) t.ok(names.includes(name));
});

t.test('an unknown user is 404, and a string that is no UUID is 400', async (t) => {
  const unknown = '/auth/users/0198c7a2-7a00-7000-8000-000000000000';
  t.equal((await get(app, unknown, admin)).statusCode, 404);
  t.equal((await patch(app, unknown, { disabled: true }, admin)).statusCode, 404);
  const id = '0198c7a2-7a00-7000-8000-000000000000';
  const spellingsOfPostgres = [`%7B${id}%7D`, id.replaceAll('-', ''), id.replaceAll(/(?<=^.{4})/g, '-')];
  for (const id of ['1', 'admin', '%00', 'x'.repeat(500), ...spellingsOfPostgres]) {
    t.equal((await get(app, `/auth/users/${id}`, admin)).statusCode, 400, id);
  }
});

t.test('registration is closed by default', async (t) => {
  const response = await post(app, '/auth/register', {
    username: 'newcomer',
    password: 'a long enough password',
  });
  t.match(response.json(), { status: 403, code: 'registration_closed' });
});

t.test('open registration creates an account with the configured scopes, and never an admin', async (t) => {
  const open = await auth.another({ REGISTRATION: 'open', REGISTRATION_SCOPES: ['customers:read'] });
  const account = { username: 'Newcomer', password: 'a long enough password' };
  const response = await post(open, '/auth/register', account);
  t.equal(response.statusCode, 201);
  t.match(response.json(), { username: 'newcomer', scope: 'customers:read' });
  t.equal((await login(app, account)).scope, 'customers:read');
  t.match((await post(open, '/auth/register', account)).json(), { status: 409, code: 'username_taken' });
  t.equal((await post(open, '/auth/register', { ...account, scope: 'users:admin' })).statusCode, 422);
});
