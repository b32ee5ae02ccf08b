// imported for its declaration of `app.users`
import '../../src/users/repository.ts';
import { randomUUID } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { login, makeUser, post, startAuth } from '../support/auth-under-test.ts';

const { app, within } = await startAuth(t);
const WEAK = { memoryCost: 4_096, timeCost: 1, parallelism: 1 };

const setHash = (id: string, passwordHash: string) =>
  within.pg.query('UPDATE users SET password_hash = $2 WHERE id = $1', [id, passwordHash]);
const hashOf = async (id: string): Promise<string> =>
  (await within.pg.query('SELECT password_hash FROM users WHERE id = $1', [id])).rows[0].password_hash;

/** Creates a user whose hash has outdated parameters. */
async function makeOldUser() {
  const user = await makeUser(app, `user-${randomUUID()}`);
  await setHash(user.id, await hash(user.credentials.password, WEAK));
  return user;
}

t.test('a right sign-in brings the parameters of a hash up to date', async (t) => {
  const { id, credentials } = await makeOldUser();
  t.equal((await post(app, '/auth/login', { ...credentials, password: 'not the password' })).statusCode, 401);
  t.match(await hashOf(id), /m=4096,t=1/);
  await login(app, credentials);
  await waitFor(async () => (await hashOf(id)).startsWith('$argon2id$v=19$m=19456,t=2,p=1$'));
  await login(app, credentials);
});

t.test('a hash with current parameters stays as it is', async (t) => {
  const { id, credentials } = await makeUser(app, 'up-to-date');
  const before = await hashOf(id);
  for (let i = 0; i < 3; i++) await login(app, credentials);
  t.equal(await hashOf(id), before);
});

t.test('concurrent sign-ins bring a hash up to date together, and all succeed', async (t) => {
  const { credentials } = await makeOldUser();
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(app, '/auth/login', credentials)));
  for (const { statusCode } of answers) t.equal(statusCode, 200);
});

t.test('a sign-in succeeds although its new hash cannot be stored', async (t) => {
  const { id, credentials } = await makeOldUser();
  const { replacePasswordHash } = within.users;
  const tried = new Promise<void>((resolve) => {
    within.users.replacePasswordHash = async () => {
      resolve();
      throw new Error('Connection terminated unexpectedly');
    };
  });
  await login(app, credentials);
  await tried;
  within.users.replacePasswordHash = replacePasswordHash;
  t.match(await hashOf(id), /m=4096,t=1/);
});

t.test('a new hash of the same password, stored during a sign-in, does not refuse it', async (t) => {
  const { id, credentials } = await makeOldUser();
  const fresh = await hash(credentials.password);
  meanwhile(id, () => setHash(id, fresh));
  const { access_token } = await login(app, credentials);
  t.ok(access_token);
  t.equal(await hashOf(id), fresh);
});

t.test(
  'a new password, set during a sign-in with the old one, refuses it and ends its session',
  async (t) => {
    const { id, credentials } = await makeOldUser();
    const fresh = await hash('another password');
    const began = meanwhile(id, () => setHash(id, fresh));
    t.equal((await post(app, '/auth/login', credentials)).statusCode, 401);
    t.not(began.sid, '');
    t.equal(await within.redis.exists(`{auth}:session:${began.sid}`), 0);
  },
);

t.test('a rehash never overwrites a password that was set meanwhile', async (t) => {
  const { id, credentials } = await makeOldUser();
  const fresh = await hash('another password');
  const { hash: hashPassword } = within.passwords;
  const done = new Promise<void>((resolve) => {
    within.passwords.hash = async (password) => {
      const made = await hashPassword(password);
      await setHash(id, fresh);
      setImmediate(resolve);
      return made;
    };
  });
  await login(app, credentials);
  await done;
  within.passwords.hash = hashPassword;
  await login(app, { ...credentials, password: 'another password' });
  t.equal(await hashOf(id), fresh);
});

/** Changes the user once, as a change of the password does, after a sign-in has verified the password and before its session. */
function meanwhile(id: string, change: () => Promise<unknown>): { sid: string } {
  const { create, endAllOfUser } = within.sessions;
  const began = { sid: '' };
  within.sessions.create = async (...args) => {
    within.sessions.create = create;
    await endAllOfUser(id);
    await change();
    const session = await create(...args);
    began.sid = session.sid;
    return session;
  };
  return began;
}
