import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { usersCommand } from '../../src/commands/users.ts';
import { ADMIN, get, login, makeUser, post, refusedWithin1s, startAuth } from '../support/auth-under-test.ts';
import { runCommand } from '../support/commands.ts';

const auth = await startAuth(t);
const { app, within } = auth;
const { DATABASE_URL, REDIS_URL } = auth.config;
const password = 'a long enough password';

const users = (args: string[], env: NodeJS.ProcessEnv = {}, input = '') =>
  runCommand(usersCommand, args, { DATABASE_URL, REDIS_URL, ...env }, input);

/** The events of a user that commands caused, oldest first. */
async function eventsOf(id: string): Promise<string[]> {
  const { rows } = await within.pg.query(
    'SELECT event FROM security_events WHERE user_id = $1 AND actor_id IS NULL AND request_id IS NULL ORDER BY id',
    [id],
  );
  return rows.map(({ event }) => event);
}

async function idOf(username: string): Promise<string> {
  const { rows } = await within.pg.query('SELECT id FROM users WHERE username = $1', [username]);
  return rows[0]?.id;
}

t.test(
  'users add takes the password from a variable, a file or standard input, or generates one',
  async (t) => {
    const file = join(t.testdir(), 'password');
    writeFileSync(file, `${password}\n`);
    const added = (username: string) => ({ code: 0, output: `The user "${username}" is added.\n` });
    const scopes = ['--scope', 'customers:write', '--scope', 'customers:read'];
    t.same(await users(['add', 'Variable', ...scopes], { NEW_PASSWORD: password }), added('variable'));
    t.same(await users(['add', 'file'], { NEW_PASSWORD_FILE: file }), added('file'));
    t.same(await users(['add', 'piped+in@example.com'], {}, `${password}\n`), added('piped+in@example.com'));
    for (const username of ['variable', 'file', 'piped+in@example.com'])
      await login(app, { username, password });
    t.equal((await login(app, { username: 'variable', password })).scope, 'customers:read customers:write');
    const generated = await users(['add', 'generated']);
    const [, shown = ''] =
      /^The user "generated" is added\.\nThe password \(shown once\): (\w{24})\n$/.exec(generated.output) ??
      [];
    await login(app, { username: 'generated', password: shown });
    t.same(await eventsOf(await idOf('variable')), ['user_created']);
  },
);

t.test('users add refuses what breaks a rule in one sentence, and adds nothing', async (t) => {
  const count = async () => (await within.pg.query('SELECT count(*) FROM users')).rows;
  await users(['add', 'taken'], {}, password);
  const before = await count();
  for (const [code, args, input, message] of [
    [1, ['add', 'TAKEN'], password, /^There is a user "taken" already: choose another username\.\n$/],
    [2, ['add', 'a b'], password, /^The username must have 3 to 254 letters, digits and/],
    [
      2,
      ['add', 'ada', '--scope', 'hunter2'],
      password,
      /^Each scope must be one of customers:read, [a-z:, ]+\.\n$/,
    ],
    [1, ['add', 'ada'], 'short', /^The password must have 8 to 128 characters\.\n$/],
    [1, ['add', 'ada'], 'Password123', /^The password is one of the most common passwords\.\n$/],
  ] as const) {
    t.match(await users([...args], {}, input), { code, output: message });
  }
  t.same(await count(), before);
});

t.test('users list shows each user, and --json the objects of the API', async (t) => {
  const { id } = await makeUser(app, 'listed', 'customers:read');
  const { access_token } = await login(app);
  const { output } = await users(['list']);
  t.match(output, `listed\t${id}\tenabled\tcustomers:read\n`);
  const json = JSON.parse((await users(['list', '--json'])).output);
  t.same(json, (await get(app, '/auth/users?limit=100', access_token)).json().items);
  t.notMatch(JSON.stringify(json), 'argon2');
});

t.test('users disable, enable and delete change a user, end the sessions and are in the audit', async (t) => {
  const { id, credentials } = await makeUser(app, 'changing');
  const ended = async (work: () => Promise<unknown>) => {
    const { access_token, refresh_token } = await login(app, credentials);
    await work();
    t.ok(await refusedWithin1s(app, access_token));
    t.equal((await post(app, '/auth/refresh', { refresh_token })).statusCode, 401);
    t.equal((await post(app, '/auth/login', credentials)).statusCode, 401);
  };
  await ended(async () =>
    t.same(await users(['disable', 'Changing']), {
      code: 0,
      output: 'The user "Changing" is disabled, and all sessions of the user have ended.\n',
    }),
  );
  t.match(await users(['disable', 'changing']), { code: 0, output: /^Nothing was changed: / });
  t.same(await users(['enable', 'changing']), { code: 0, output: 'The user "changing" is enabled.\n' });
  t.match(await users(['enable', 'changing']), { code: 0, output: /^Nothing was changed: / });
  await ended(async () => t.match(await users(['delete', 'changing']), { code: 0, output: / is deleted, / }));
  t.same(await users(['delete', 'changing']), {
    code: 1,
    output: 'There is no such user: "users list" shows the users.\n',
  });
  t.equal(await idOf('changing'), undefined);
  t.same(await eventsOf(id), ['user_disabled', 'user_enabled', 'user_deleted']);
});

t.test('users set-password sets the password of a variable', async (t) => {
  const { credentials } = await makeUser(app, 'forgetful');
  const set = await users(['set-password', 'forgetful'], { NEW_PASSWORD: 'another long password' });
  t.match(set, { code: 0, output: /^The password of "forgetful" is set, .+\.\n$/ });
  await login(app, { ...credentials, password: 'another long password' });
});

t.test('the last enabled admin can be neither disabled nor deleted by a command', async (t) => {
  for (const action of ['disable', 'delete']) {
    t.match(await users([action, 'admin']), { code: 1, output: /^This is the last admin: .+\.\n$/ });
  }
  await login(app, ADMIN);
});

t.test('without Redis a command that ends sessions changes nothing', async (t) => {
  await makeUser(app, 'unreached');
  for (const action of ['disable', 'delete']) {
    t.match(await users([action, 'unreached'], { REDIS_URL: 'redis://127.0.0.1:1' }), {
      code: 1,
      output: /^Redis cannot be reached: /,
    });
  }
  t.match((await users(['list'])).output, /^unreached\t\S+\tenabled\n/m);
});
