import { DrizzleQueryError } from 'drizzle-orm/errors';
import t from 'tap';
import { startedProcess } from './support/process.ts';

const SECRET = 'hunter2';

t.test('no credential is logged, on the first, second or third level of a line', async (t) => {
  const { app, rawLog, logged } = await startedProcess(t, []);
  const credentials = {
    authorization: SECRET,
    cookie: SECRET,
    password: SECRET,
    current_password: SECRET,
    new_password: SECRET,
    password_hash: SECRET,
    access_token: SECRET,
    refresh_token: SECRET,
    token: SECRET,
  };
  app.log.info(credentials, 'a');
  app.log.info({ body: credentials }, 'b');
  app.log.info({ request: { headers: credentials } }, 'c');
  app.log.child({ password: SECRET }).info('d');
  app.log.child({ user: credentials }).info('e');
  app.log.info({ request_id: credentials }, 'f');
  t.equal(logged().length, 6);
  t.notMatch(rawLog(), SECRET);
});

t.test('a fault is logged with its method and path, without query string, headers and body', async (t) => {
  const { app, rawLog, logged } = await startedProcess(t, [
    async (app) => {
      app.post('/things/:id', async () => {
        throw new Error('broken');
      });
    },
  ]);
  await app.inject({
    method: 'POST',
    url: `/things/1?token=${SECRET}`,
    headers: { authorization: `Bearer ${SECRET}`, cookie: SECRET, 'x-request-id': 'r-1' },
    payload: { password: SECRET },
  });
  const [line] = logged();
  t.match(line, {
    level: 'error',
    request_id: 'r-1',
    req: { method: 'POST', path: '/things/1', remote_address: '127.0.0.1' },
    err: { type: 'Error', message: 'broken' },
    time: /^\d{4}-\d\d-\d\dT/,
  });
  t.notMatch(rawLog(), SECRET);
});

t.test('the error of a statement is logged without the parameters', async (t) => {
  const { app, rawLog, logged } = await startedProcess(t, [
    async (app) => {
      app.get('/things', async () => {
        const cause = Object.assign(new Error('column "x" does not exist'), {
          code: '42703',
          detail: `Failing row contains (${SECRET})`,
          where: SECRET,
        });
        throw new DrizzleQueryError('insert into users values ($1)', [SECRET], cause);
      });
    },
  ]);
  t.equal((await app.inject('/things')).statusCode, 500);
  t.match(logged(), [{ err: { code: '42703', message: 'column "x" does not exist' } }]);
  t.notMatch(rawLog(), SECRET);
});

t.test('an error of Redis is logged without its command', async (t) => {
  const { app, rawLog, logged } = await startedProcess(t, []);
  const err = Object.assign(new Error('WRONGTYPE Operation against a key'), {
    command: { name: 'set', args: [SECRET] },
  });
  app.log.warn({ err }, 'redis');
  app.log.warn({ err: new Error('outer', { cause: err }) }, 'wrapped');
  t.match(logged(), [
    { err: { message: /WRONGTYPE/ } },
    { err: { message: 'outer', cause: { message: /WRONGTYPE/ } } },
  ]);
  t.notMatch(rawLog(), SECRET);
});

t.test('answered requests are not logged', async (t) => {
  const { app, rawLog } = await startedProcess(t, [async (app) => void app.get('/things', async () => 'x')]);
  await app.inject('/things');
  await app.inject('/nothing');
  t.equal(rawLog(), '');
});
