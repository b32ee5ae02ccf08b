import { isWithin, PRODUCTION_LIMITS, waitFor } from '@pair/test-kit';
import t from 'tap';
import { ADMIN, post, startAuth, type Tokens } from '../support/auth-under-test.ts';
import { dpopClient } from '../support/dpop.ts';
import { authorize, SWAGGER_REDIRECT } from '../support/oauth.ts';

const auth = await startAuth(t, { REFRESH_REPLAY_WINDOW_SECONDS: 0 }, PRODUCTION_LIMITS);
const { app, redis } = auth;
const client = await dpopClient(auth);
const inspector = auth.redisClient();

for (const [trouble, begin, end] of [
  ['stopped', () => redis.stop(), () => redis.start()],
  ['paused', async () => redis.pause(), async () => redis.resume()],
  ['full', () => inspector.config('SET', 'maxmemory', '1'), () => inspector.config('SET', 'maxmemory', '0')],
] as const) {
  t.test(`Redis ${trouble}: a proof gets a quick 503, and consumes nothing`, async (t) => {
    const granted = await authorize(app);
    const tokens = (await client.post('/auth/login', ADMIN)).json<Tokens>();
    const requests = {
      'a sign-in': () => client.post('/auth/login', ADMIN),
      'a refresh': () => client.post('/auth/refresh', { refresh_token: tokens.refresh_token }),
      'a code': () =>
        client.postForm('/oauth/token', {
          grant_type: 'authorization_code',
          client_id: 'swagger-ui',
          code: granted.code,
          redirect_uri: SWAGGER_REDIRECT,
          code_verifier: granted.verifier,
        }),
      'a request with a bound token': () => client.get('/auth/me', { accessToken: tokens.access_token }),
    };
    await begin();
    for (const [name, send] of Object.entries(requests)) {
      const start = performance.now();
      const response = await send();
      t.equal(response.statusCode, 503, name);
      t.equal(response.headers['retry-after'], '1', name);
      t.ok(isWithin(performance.now() - start, 1_000), name);
    }
    await end();
    await waitFor(async () => (await app.inject('/readyz')).statusCode === 200);
    for (const [name, send] of Object.entries(requests)) {
      // the paused Redis may run a write late, so each request has a proof of its own
      t.equal((await send()).statusCode, 200, name);
    }
  });
}

t.test('while Redis is full, a bound refresh token signs out', async (t) => {
  const { refresh_token } = (await client.post('/auth/login', ADMIN)).json<Tokens>();
  await inspector.config('SET', 'maxmemory', '1');
  t.equal((await post(app, '/auth/logout', { refresh_token })).statusCode, 204);
  await inspector.config('SET', 'maxmemory', '0');
  t.equal((await client.post('/auth/refresh', { refresh_token })).statusCode, 401);
});
