import { buildProcess } from '@pair/service-kit';
import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { authService } from '../../src/index.ts';
import { ADMIN, startAuth } from '../support/auth-under-test.ts';

const { config, redisClient } = await startAuth(t);
const redis = redisClient();
const log: string[] = [];
// two proxies: the outer one writes addresses with ports
const app = await buildProcess(
  { LOG_LEVEL: 'info', TRUSTED_PROXIES: ['10.0.0.0/8'], CORS_ORIGINS: [] },
  [authService(config)],
  { logStream: { write: (line) => void log.push(line) } },
);
t.teardown(() => app.close());
await waitFor(async () => (await app.inject('/readyz')).statusCode === 200);

const login = (client: string, password = ADMIN.password) =>
  app.inject({
    method: 'POST',
    url: '/auth/login',
    payload: { ...ADMIN, password },
    remoteAddress: '::ffff:10.0.0.1',
    headers: { 'x-forwarded-for': `192.0.2.66, ${client}, 10.0.0.2:8443` },
  });

t.test('a client has one limit for all its ports, and its neighbour another', async (t) => {
  const statuses: number[] = [];
  for (let port = 50_001; port <= 50_011; port++) {
    statuses.push((await login(`203.0.113.7:${port}`, 'not the password')).statusCode);
  }
  t.same(statuses, [...Array(10).fill(401), 429]);
  t.equal((await login('::ffff:203.0.113.7', 'not the password')).statusCode, 429);
  t.equal((await login('203.0.113.8:50001', 'not the password')).statusCode, 401);
  t.equal((await login('[2001:db8::7]:50001', 'not the password')).statusCode, 401);
  t.match(await redis.keys('{auth}:sign-in-attempts:*2001:db8::/64'), { length: 1 });
  t.same(await redis.keys('{auth}:sign-in-attempts:unknown*'), []);
});

t.test('sessions, the audit and the log have the address without its port', async (t) => {
  const signedIn = await login('[2001:DB8:0:1::0001]:443');
  t.equal(signedIn.statusCode, 200, signedIn.body);
  const headers = { authorization: `Bearer ${signedIn.json().access_token}` };
  const sessions = await app.inject({ url: '/auth/sessions', headers });
  t.same(
    sessions.json().items.map(({ address }: { address: string }) => address),
    ['2001:db8:0:1::1'],
  );
  const addresses = async () => {
    const { items } = (await app.inject({ url: '/auth/audit', headers })).json();
    return items.map(({ address }: { address: string }) => address);
  };
  await waitFor(async () => (await addresses()).includes('203.0.113.7'));
  t.notMatch((await addresses()).join(' '), /[[\]]|\.\d+:|::ffff/);
  t.match(log.join(''), /"remote_address":"203.0.113.7"/);
  t.notMatch(log.join(''), /"remote_address":"203.0.113.7:/);
});
