import { buildProcess } from '@pair/service-kit';
import { t } from 'tap';
import { named, requestLines } from '../src/request-lines.ts';

t.test('a line has the method, the path, the status, the time and the service, and no secret', async (t) => {
  const lines: string[] = [];
  const write = (line: string) => lines.push(JSON.parse(line).msg);
  const app = await buildProcess(
    { LOG_LEVEL: 'info', TRUSTED_PROXIES: [], CORS_ORIGINS: [] },
    [
      requestLines,
      named('auth', async (app) => {
        app.post('/auth/login', async () => ({ access_token: 'hunter2' }));
      }),
      named('customers', async (app) => {
        app.get('/customers/:id', async () => []);
      }),
      async (app) => {
        app.get('/status', async () => ({}));
      },
    ],
    { logStream: { write } },
  );
  t.teardown(() => app.close());
  const body = { password: 'hunter2' };
  await app.inject({ method: 'POST', url: '/auth/login?refresh_token=hunter2', body });
  await app.inject({ url: '/customers/7?q=hunter2#hunter2', headers: { authorization: 'Bearer hunter2' } });
  await app.inject('/status');
  await app.inject('/nothing?code=hunter2');
  await app.inject(`/customers/${'\u009b'}31m${'x'.repeat(200)}`);
  t.match(lines, [
    /^POST \/auth\/login 200 \d+ ms \(auth\)$/,
    /^GET \/customers\/7 200 \d+ ms \(customers\)$/,
    /^GET \/nothing 404 \d+ ms \(no service\)$/,
    /^GET \/customers\/[!-~]{89}… \d+ \d+ ms \(.+\)$/,
  ]);
  t.equal(lines.length, 4);
  t.notMatch(lines.join('\n'), 'hunter2');
});
