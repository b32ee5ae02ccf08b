import { testDatabase } from '@pair/test-kit';
import pg from 'pg';
import t from 'tap';
import { migrateAuth } from '../../src/commands/migrate.ts';
import { get, login, post, startAuth } from '../support/auth-under-test.ts';
import { authorize, redeem } from '../support/oauth.ts';

const auth = await startAuth(t, { REGISTRATION: 'open' });
const { app } = auth;
const admin = (await login(app)).access_token;
const password = 'a long enough password';
const LONGEST = `${'x'.repeat(254 - '@example.com'.length)}@example.com`;

t.test(
  'a username may be an e-mail address, in any case: registration, sign-in and sign-in page',
  async (t) => {
    for (const username of ['Ada.Lovelace+test@Example.com', "o'hara@example.com", LONGEST]) {
      const registered = await post(app, '/auth/register', { username, password });
      t.match(registered.json(), { username: username.toLowerCase() });
      t.equal(
        (await post(app, '/auth/register', { username: username.toUpperCase(), password })).statusCode,
        409,
      );
      await login(app, { username: username.toUpperCase(), password });
      const granted = await authorize(app, { client_id: 'swagger-ui' }, { username, password });
      t.equal((await redeem(app, granted)).statusCode, 200, 'on the sign-in page');
    }
  },
);

t.test('an admin creates users with e-mail addresses, and the list goes on after them', async (t) => {
  const usernames = ['a@example.com', 'b+c@example.com', LONGEST.replace('x', 'y')];
  for (const username of usernames) {
    t.equal((await post(app, '/auth/users', { username, password }, admin)).statusCode, 201);
  }
  const names: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page = await get(app, `/auth/users?limit=1${query}`, admin);
    t.equal(page.statusCode, 200);
    names.push(page.json().items[0].username);
    cursor = page.json().next_cursor;
  }
  t.equal(new Set(names).size, names.length);
  for (const username of usernames) t.ok(names.includes(username));
});

t.test('the database keeps the older names, and refuses what the API refuses', async (t) => {
  const owner = new pg.Client({ connectionString: auth.ownerUrl });
  await owner.connect();
  t.teardown(() => owner.end());
  const insert = (username: string) =>
    owner.query(`INSERT INTO users (id, username, password_hash) VALUES (gen_random_uuid(), $1, '')`, [
      username,
    ]);
  for (const username of ['abc', 'a.b_c-d', 'x'.repeat(64), LONGEST.replace('x', 'z')])
    await insert(username);
  for (const username of ['ab', 'Ada@example.com', 'a b@example.com', `x${LONGEST}`, 'ada@example.com\n']) {
    await t.rejects(insert(username), { code: '23514' }, username);
  }
});

t.test('the first admin may have an e-mail address', async (t) => {
  const DATABASE_URL = await testDatabase(t);
  const { admin } = await migrateAuth({ DATABASE_URL, ADMIN_USERNAME: 'root@example.com' });
  t.equal(admin?.username, 'root@example.com');
});
