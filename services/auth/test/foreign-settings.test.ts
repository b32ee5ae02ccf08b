import { setForeignSettings, testDatabase } from '@pair/test-kit';
import t from 'tap';
import { get, login, startAuth } from './support/auth-under-test.ts';

t.test('settings of a foreign database change neither a migration nor an answer', async (t) => {
  const databaseUrl = await testDatabase(t);
  await setForeignSettings(databaseUrl);
  const { app } = await startAuth(t, { DATABASE_URL: databaseUrl });
  const { access_token } = await login(app);
  const me = await get(app, '/auth/me', access_token);
  t.match(me, { statusCode: 200, body: /"created_at":"20\d\d-\d\d-\d\dT/ });
  t.ok(Math.abs(Date.parse(me.json().created_at) - Date.now()) < 60_000, 'the time is in UTC');
  t.match((await get(app, '/auth/audit?limit=1', access_token)).json(), { items: [{ event: 'sign_in' }] });
});
