import { rounds, testPostgres, waitFor } from '@pair/test-kit';
import pg from 'pg';
import t from 'tap';
import { get, login, makeUser, post, refusedWithin1s, startAuth } from '../support/auth-under-test.ts';

const postgres = await testPostgres(t);
const auth = await startAuth(t, { DATABASE_URL: postgres.url });
const { app, within, redis } = auth;
const NEW = 'a quite different password';

const change = (
  token: string | undefined,
  current_password: string,
  new_password: string,
  remoteAddress = '127.0.0.1',
) =>
  app.inject({
    method: 'PUT',
    url: '/auth/password',
    payload: { current_password, new_password },
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    remoteAddress,
  });
const signIn = (username: string, password: string) => post(app, '/auth/login', { username, password });
const refresh = (refresh_token: string) => post(app, '/auth/refresh', { refresh_token });

let count = 0;
async function signedIn() {
  // all attempts come from one address, so reset its count of failures
  const failures = await within.redis.keys('{auth}:sign-in-attempts:*');
  await Promise.all(failures.map((key) => within.redis.del(key)));
  count += 1;
  const { id, credentials } = await makeUser(app, `changer-${count}`);
  return { id, ...credentials, tokens: await login(app, credentials) };
}

t.test('a new password replaces the old one and ends all sessions of the user, this one too', async (t) => {
  const { username, password, tokens } = await signedIn();
  const elsewhere = await login(app, { username, password });
  const bystander = await signedIn();
  const response = await change(tokens.access_token, password, NEW);
  t.equal(response.statusCode, 204);
  t.equal(response.body, '');
  for (const { access_token, refresh_token } of [tokens, elsewhere]) {
    t.ok(await refusedWithin1s(app, access_token));
    t.equal((await refresh(refresh_token)).statusCode, 401);
  }
  t.equal((await signIn(username, password)).statusCode, 401);
  t.equal((await signIn(username, NEW)).statusCode, 200);
  t.equal((await get(app, '/auth/me', bystander.tokens.access_token)).statusCode, 200);
});

t.test('a wrong current password is 403 without a challenge, and changes nothing', async (t) => {
  const { username, password, tokens } = await signedIn();
  const response = await change(tokens.access_token, 'not the password', NEW);
  t.match(response.json(), { status: 403, code: 'wrong_password' });
  t.equal(response.headers['www-authenticate'], undefined);
  t.equal((await get(app, '/auth/me', tokens.access_token)).statusCode, 200);
  t.equal((await signIn(username, password)).statusCode, 200);
});

t.test('successful and refused changes are in the audit', async (t) => {
  const { id, password, tokens } = await signedIn();
  await change(tokens.access_token, 'not the password', NEW);
  await change(tokens.access_token, password, NEW);
  const events = async () =>
    (
      await within.pg.query(
        "SELECT outcome, actor_id FROM security_events WHERE event = 'password_changed' AND user_id = $1 ORDER BY id",
        [id],
      )
    ).rows;
  await waitFor(async () => (await events()).length === 2);
  t.same(await events(), [
    { outcome: 'refused', actor_id: id },
    { outcome: 'succeeded', actor_id: id },
  ]);
});

t.test('a request without a token is 401', async (t) => {
  t.equal((await change(undefined, 'a', NEW)).statusCode, 401);
});

t.test('wrong current passwords count as failed sign-ins, and failed sign-ins count here', async (t) => {
  const { username, password, tokens } = await signedIn();
  for (let i = 0; i < 5; i++) {
    t.equal((await change(tokens.access_token, 'not the password', NEW)).statusCode, 403);
    t.equal((await signIn(username, 'not the password')).statusCode, 401);
  }
  const refused = await change(tokens.access_token, password, NEW);
  t.match(refused.json(), { status: 429, code: 'too_many_attempts' });
  t.ok(Number(refused.headers['retry-after']) > 0);
  t.equal((await signIn(username, password)).statusCode, 429);
  t.equal((await change(tokens.access_token, password, NEW, '192.0.2.9')).statusCode, 204, 'from elsewhere');
});

t.test('a new password that breaks a rule is 422, names the rule, and counts as no attempt', async (t) => {
  const { username, password, tokens } = await signedIn();
  for (const [bad, detail] of [
    ['short', 'must have 8 to 128 characters'],
    ['Password123', 'is one of the most common passwords'],
    [username.toUpperCase(), 'must not be the username'],
  ] as const) {
    for (let i = 0; i < 5; i++) {
      t.match((await change(tokens.access_token, 'not the password', bad)).json(), {
        status: 422,
        errors: [{ pointer: '/new_password', detail }],
      });
    }
  }
  t.equal((await change(tokens.access_token, password, NEW)).statusCode, 204);
});

t.test('of two concurrent changes with the same current password one wins', async (t) => {
  for (let round = 0; round < rounds({ short: 5, long: 100 }); round++) {
    const { username, password, tokens } = await signedIn();
    const wanted = ['the first new password', 'the second new password'] as const;
    const answers = await Promise.all(wanted.map((next) => change(tokens.access_token, password, next)));
    t.same(answers.map(({ statusCode }) => statusCode).sort(), [204, 403]);
    for (const [i, next] of wanted.entries()) {
      t.equal((await signIn(username, next)).statusCode, answers[i]?.statusCode === 204 ? 200 : 401);
    }
  }
});

t.test('a sign-in with the old password that races the change leaves no live session', async (t) => {
  for (let round = 0; round < rounds({ short: 5, long: 200 }); round++) {
    const { username, password, tokens } = await signedIn();
    const [changed, ...racers] = await Promise.all([
      change(tokens.access_token, password, NEW),
      ...Array.from({ length: 3 }, () => signIn(username, password)),
    ]);
    t.equal(changed.statusCode, 204);
    for (const racer of racers) {
      if (racer.statusCode === 200) t.equal((await refresh(racer.json().refresh_token)).statusCode, 401);
      else t.equal(racer.statusCode, 401);
    }
  }
});

t.test('a concurrent upgrade of the hash does not refuse the right password', async (t) => {
  const { id, username, password, tokens } = await signedIn();
  const { hash } = within.passwords;
  const fresh = await hash(password);
  within.passwords.hash = async (next) => {
    within.passwords.hash = hash;
    await within.pg.query('UPDATE users SET password_hash = $2 WHERE id = $1', [id, fresh]);
    return hash(next);
  };
  t.equal((await change(tokens.access_token, password, NEW)).statusCode, 204);
  t.equal((await signIn(username, NEW)).statusCode, 200);
});

t.test('if Redis fails before the sessions end, the old password works and the sessions live', async (t) => {
  const { username, password, tokens } = await signedIn();
  between(async (end) => {
    await redis.stop();
    await end();
  });
  t.match((await change(tokens.access_token, password, NEW)).json(), { status: 503 });
  await redis.start();
  await waitFor(async () => (await signIn(username, password)).statusCode === 200);
  t.equal((await signIn(username, NEW)).statusCode, 401);
  await waitFor(async () => (await get(app, '/auth/me', tokens.access_token)).statusCode === 200);
  t.equal((await refresh(tokens.refresh_token)).statusCode, 200);
});

t.test(
  'if PostgreSQL refuses to commit, the old password stays, although the sessions have ended',
  async (t) => {
    const { username, password, tokens } = await signedIn();
    const owner = new pg.Client({ connectionString: postgres.url });
    await owner.connect();
    await owner.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$;
    CREATE CONSTRAINT TRIGGER refuse_commit AFTER UPDATE ON users
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`);
    t.match((await change(tokens.access_token, password, NEW)).json(), { status: 503 });
    await owner.query('DROP TRIGGER refuse_commit ON users; DROP FUNCTION refuse');
    await owner.end();
    t.equal((await signIn(username, NEW)).statusCode, 401);
    t.equal((await signIn(username, password)).statusCode, 200);
  },
);

t.test(
  'if the connection is lost before COMMIT, the old password stays, although the sessions have ended',
  async (t) => {
    const { username, password, tokens } = await signedIn();
    const other = new pg.Client({ connectionString: postgres.url });
    await other.connect();
    between(async (end) => {
      await end();
      const { rowCount } = await other.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'auth' AND state = 'idle in transaction' AND xact_start IS NOT NULL`,
      );
      t.equal(rowCount, 1);
    });
    t.match((await change(tokens.access_token, password, NEW)).json(), { status: 503 });
    await other.end();
    t.equal((await signIn(username, NEW)).statusCode, 401);
    t.equal((await signIn(username, password)).statusCode, 200);
  },
);

/** Runs `work` once instead of the end of the sessions, between UPDATE and COMMIT. */
function between(work: (end: () => Promise<number>) => Promise<void>): void {
  const { endAllOfUser } = within.sessions;
  within.sessions.endAllOfUser = async (userId) => {
    within.sessions.endAllOfUser = endAllOfUser;
    await work(() => endAllOfUser(userId));
    return 0; // no caller uses the number
  };
}
