import { isWithin, PRODUCTION_LIMITS, testPostgres, waitFor } from '@pair/test-kit';
import type { LightMyRequestResponse } from 'fastify';
import t, { type Test } from 'tap';
import { startAuth } from '../support/auth-under-test.ts';
import { addClient, basic } from '../support/clients.ts';
import {
  authorizationRequest,
  authorize,
  newVerifier,
  openPage,
  postForm,
  redeem,
  submit,
} from '../support/oauth.ts';

const postgres = await testPostgres(t);
const { app, redis, config } = await startAuth(t, { DATABASE_URL: postgres.url }, PRODUCTION_LIMITS);
const secret = await addClient(config.DATABASE_URL, { mayIntrospect: true });
const web = basic('web-app', secret);

async function isQuick503(t: Test, name: string, request: () => Promise<LightMyRequestResponse>) {
  const start = performance.now();
  const response = await request();
  const elapsedMs = performance.now() - start;
  t.equal(response.statusCode, 503, name);
  t.equal(response.headers['retry-after'], '1', name);
  t.ok(isWithin(elapsedMs, 1_000), `${name}: ${elapsedMs.toFixed()} ms`);
  return response;
}

for (const [trouble, begin, end] of [
  ['Redis stopped', () => redis.stop(), () => redis.start()],
  ['Redis paused', async () => redis.pause(), async () => redis.resume()],
  [
    'Postgres stopped, except for a refresh by a built-in client',
    () => postgres.stop(),
    () => postgres.start(),
  ],
  [
    'Postgres paused, except for a refresh by a built-in client',
    async () => postgres.pause(),
    async () => postgres.resume(),
  ],
] as const) {
  t.test(
    `${trouble}: every request gets a quick 503, and a code and a refresh token are valid afterwards`,
    async (t) => {
      const refreshes = trouble.startsWith('Postgres');
      const granted = await authorize(app);
      const { refresh_token } = (await redeem(app, await authorize(app))).json();
      const page = await openPage(app, authorizationRequest(newVerifier().challenge));
      let refresh = { grant_type: 'refresh_token', client_id: 'swagger-ui', refresh_token };
      await begin();
      for (const [name, request] of Object.entries({
        code: () => redeem(app, granted),
        ...(refreshes ? {} : { refresh: () => postForm(app, '/oauth/token', refresh) }),
        client: () => postForm(app, '/oauth/token', { grant_type: 'client_credentials' }, web),
        revoke: () => postForm(app, '/oauth/revoke', { token: refresh_token }, web),
        introspect: () => postForm(app, '/oauth/introspect', { token: refresh_token }, web),
      })) {
        const response = await isQuick503(t, name, request);
        t.match(response.json(), { error: 'temporarily_unavailable' }, name);
      }
      if (refreshes) {
        const refreshed = await postForm(app, '/oauth/token', refresh);
        t.equal(refreshed.statusCode, 200);
        refresh = { ...refresh, refresh_token: refreshed.json().refresh_token };
      }
      const sent = await isQuick503(t, 'the page', () => submit(app, page));
      t.match(sent.payload, /role="alert"/);
      t.match(sent.payload, /name="password"/, 'the page has the form, to try again');
      t.match(sent.payload, /name="username" value="admin"/, 'the page has the username');
      await end();
      await waitFor(async () => (await app.inject('/readyz')).statusCode === 200);
      await waitFor(
        async () =>
          (await postForm(app, '/oauth/token', { grant_type: 'client_credentials' }, web)).statusCode === 200,
      );
      t.equal((await submit(app, page)).statusCode, 303, 'the same form works afterwards');
      t.equal((await redeem(app, granted)).statusCode, 200);
      t.equal((await postForm(app, '/oauth/token', refresh)).statusCode, 200);
    },
  );
}
