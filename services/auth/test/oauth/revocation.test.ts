import { waitFor } from '@pair/test-kit';
import { decodeJwt } from 'jose';
import t from 'tap';
import {
  get,
  login,
  makeUser,
  post,
  recordedEvents,
  refusedWithin1s,
  startAuth,
} from '../support/auth-under-test.ts';
import { addClient, basic } from '../support/clients.ts';
import { authorize, postForm, redeem } from '../support/oauth.ts';

const { app, config, redisClient } = await startAuth(t);
const secret = await addClient(config.DATABASE_URL);
const apiSecret = await addClient(config.DATABASE_URL, {
  id: 'some-api',
  grants: [],
  redirectUris: [],
  scopes: [],
  mayIntrospect: true,
});

const tokensOf = async () => (await redeem(app, await authorize(app))).json();
const revoke = (token: string, client_id = 'swagger-ui') =>
  postForm(app, '/oauth/revoke', { token, client_id });
const introspect = (token: string) =>
  postForm(app, '/oauth/introspect', { token }, basic('some-api', apiSecret));
const isAlive = async (token: string) => (await introspect(token)).json().active;

t.test('a revoked refresh token ends its session, with its access tokens, everywhere', async (t) => {
  const { access_token, refresh_token } = await tokensOf();
  for (const round of ['first', 'again']) {
    const response = await revoke(refresh_token);
    t.equal(response.statusCode, 200, round);
    t.equal(response.headers['content-type'], 'application/json; charset=utf-8');
    t.equal(response.payload, '{}', 'some clients parse the body as JSON');
  }
  t.ok(await refusedWithin1s(app, access_token));
  t.equal((await post(app, '/auth/refresh', { refresh_token })).statusCode, 401);
});

t.test('a refresh token that was used before revokes its session too', async (t) => {
  const own = await login(app);
  const { access_token } = (await post(app, '/auth/refresh', { refresh_token: own.refresh_token })).json();
  t.equal((await revoke(own.refresh_token, 'first-party')).statusCode, 200);
  t.ok(await refusedWithin1s(app, access_token));
});

t.test('a revoked access token is refused everywhere, and its session goes on', async (t) => {
  const { access_token, refresh_token } = await tokensOf();
  const sibling = (
    await postForm(app, '/oauth/token', {
      grant_type: 'refresh_token',
      client_id: 'swagger-ui',
      refresh_token,
    })
  ).json();
  const atOnce = await Promise.all(Array.from({ length: 10 }, () => revoke(access_token)));
  t.same(
    atOnce.map(({ statusCode }) => statusCode),
    Array(10).fill(200),
  );
  t.ok(await refusedWithin1s(app, access_token));
  t.equal((await revoke(access_token)).statusCode, 200, 'again');
  t.equal((await get(app, '/auth/me', sibling.access_token)).statusCode, 200);

  await post(app, '/auth/logout', undefined, sibling.access_token);
  const { sid } = decodeJwt(access_token);
  const admin = await login(app);
  let events: string[] = [];
  await waitFor(async () => {
    const all = await recordedEvents(app, admin.access_token, '');
    events = all.filter(({ session_id }) => session_id === sid).map(({ event }) => event);
    return events[0] === 'sign_out'; // the newest event comes first, and is recorded last
  });
  t.equal(
    events.filter((event) => event === 'access_token_revoked').length,
    1,
    'the revocation is one event',
  );
});

t.test('a revoked access token does not sign out: 401, and its session goes on', async (t) => {
  const { access_token, refresh_token } = await tokensOf();
  await revoke(access_token);
  await post(app, '/auth/logout', undefined, access_token); // before all processes know the revocation
  t.ok(await refusedWithin1s(app, access_token));
  t.match(await post(app, '/auth/logout', undefined, access_token), {
    statusCode: 401,
    headers: { 'www-authenticate': /error="invalid_token"/ },
  });
  const refresh = { grant_type: 'refresh_token', client_id: 'swagger-ui', refresh_token };
  t.equal((await postForm(app, '/oauth/token', refresh)).statusCode, 200);
});

t.test('a loop of refreshes and revocations fills neither the audit, the feed nor Redis', async (t) => {
  const { id, credentials } = await makeUser(app, 'looping');
  const client = redisClient();
  const sizes = async () => ({ feed: await client.xlen('{auth}:revocations'), keys: await client.dbsize() });
  let { refresh_token } = await login(app, credentials);
  const before = await sizes();
  let rounds = 0;
  for (; rounds < 40; rounds++) {
    const response = await post(app, '/auth/refresh', { refresh_token });
    if (response.statusCode === 401) break;
    const tokens = response.json();
    refresh_token = tokens.refresh_token;
    t.equal((await revoke(tokens.access_token, 'first-party')).statusCode, 200);
    t.ok(await refusedWithin1s(app, tokens.access_token), 'the token is refused');
  }
  t.equal(rounds, 11, 'the eleventh revocation ended the session');
  const after = await sizes();
  t.equal(after.feed - before.feed, 11);
  t.ok(after.keys - before.keys <= 11, `${after.keys - before.keys} keys`);
  const admin = await login(app);
  const events = await recordedEvents(app, admin.access_token, `user_id=${id}&event=session_ended`);
  t.equal(events.length, 1);
  t.equal(
    (await recordedEvents(app, admin.access_token, `user_id=${id}&event=access_token_revoked`)).length,
    10,
  );
});

t.test('a client that acts for itself gets 429 beyond its budget, at both routes', async (t) => {
  const jobSecret = await addClient(config.DATABASE_URL, {
    id: 'looping-job',
    redirectUris: [],
    grants: ['client_credentials'],
  });
  const headers = basic('looping-job', jobSecret);
  const token = async () =>
    (await postForm(app, '/oauth/token', { grant_type: 'client_credentials' }, headers)).json().access_token;
  const tokens = await Promise.all(Array.from({ length: 140 }, token));
  const start = performance.now();
  const answers = await Promise.all(
    tokens.map((revoked) => postForm(app, '/oauth/revoke', { token: revoked }, headers)),
  );
  /** The revocations beyond 100 that the budget allows by now: one every six seconds. */
  const more = () => Math.ceil((performance.now() - start) / 6_000);
  const refused = tokens.filter((_token, i) => answers[i]?.statusCode === 429);
  t.ok(refused.length <= 40 && refused.length >= 40 - more(), `${refused.length} of 140 are refused`);
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 140 - refused.length);
  t.match(
    answers.find(({ statusCode }) => statusCode === 429),
    { headers: { 'retry-after': /^[1-6]$/ } },
  );
  t.equal(await isAlive(refused[0] ?? ''), true, 'the client got an error, because the token still works');
  const signedOut = await Promise.all(
    refused.slice(0, 10).map((last) => post(app, '/auth/logout', undefined, last)),
  );
  const of = (status: number) => signedOut.filter(({ statusCode }) => statusCode === status).length;
  t.ok(of(429) >= 10 - more(), `${of(429)} of 10 are refused`);
  t.equal(of(204), 10 - of(429));
});

t.test('text that is no token gets 200 and changes nothing', async (t) => {
  for (const token of [
    'x',
    'rt_x',
    `rt_${'A'.repeat(107)}`,
    'a.b.c',
    "' OR 1=1",
    '\u0000',
    'x'.repeat(4_096),
  ]) {
    const response = await revoke(token);
    t.equal(response.statusCode, 200, token.slice(0, 20));
  }
});

t.test('a client cannot revoke a token of another client', async (t) => {
  const { access_token, refresh_token } = await tokensOf();
  for (const token of [access_token, refresh_token]) {
    for (const headers of [basic('web-app', secret), undefined]) {
      const fields = headers === undefined ? { token, client_id: 'first-party' } : { token };
      const response = await postForm(app, '/oauth/revoke', fields, headers);
      t.equal(response.statusCode, 400);
      t.match(response.json(), { error: 'invalid_grant' });
    }
  }
  t.equal(
    (await postForm(app, '/oauth/revoke', { token: refresh_token })).statusCode,
    401,
    'a request without a client revokes nothing',
  );
  t.equal(
    (await postForm(app, '/oauth/revoke', { token: refresh_token, client_id: 'web-app' })).statusCode,
    401,
  );
  t.equal((await get(app, '/auth/me', access_token)).statusCode, 200);
});

t.test('introspection of a valid token returns its claims (RFC 7662)', async (t) => {
  const { access_token, refresh_token, scope } = await tokensOf();
  const { id } = (await get(app, '/auth/me', access_token)).json();
  const issuer = config.ISSUER;
  t.match((await introspect(access_token)).json(), {
    active: true,
    token_type: 'Bearer',
    client_id: 'swagger-ui',
    sub: id,
    scope,
    iss: issuer,
    aud: config.AUDIENCE,
  });
  t.same((await introspect(refresh_token)).json(), {
    active: true,
    client_id: 'swagger-ui',
    sub: id,
    scope,
    iss: issuer,
  });
});

t.test('introspection of an invalid token returns active: false and nothing else', async (t) => {
  const { access_token, refresh_token } = await tokensOf();
  const refresh = { grant_type: 'refresh_token', client_id: 'swagger-ui', refresh_token };
  const next = (await postForm(app, '/oauth/token', refresh)).json();
  t.same((await introspect(refresh_token)).json(), { active: false }, 'a refresh token that was used');
  t.equal(await isAlive(next.refresh_token), true, 'introspection does not consume the token');
  t.equal(await isAlive(next.refresh_token), true);
  await revoke(next.refresh_token);
  t.ok(await refusedWithin1s(app, access_token));
  for (const token of [
    access_token,
    next.access_token,
    next.refresh_token,
    'x',
    `${access_token}x`,
    '\u0000',
  ]) {
    const response = await introspect(token);
    t.equal(response.statusCode, 200);
    t.same(response.json(), { active: false });
  }
});

t.test('introspection is for confidential clients that were added with --introspect', async (t) => {
  const { access_token: token } = await tokensOf();
  const asked: [number, string, Record<string, string>, Record<string, string>?][] = [
    [400, 'unauthorized_client', { token }, basic('web-app', secret)],
    [400, 'unauthorized_client', { token, client_id: 'swagger-ui' }],
    [401, 'invalid_client', { token }],
    [401, 'invalid_client', { token, client_id: 'some-api' }],
    [401, 'invalid_client', { token }, { authorization: `Bearer ${token}` }],
    [400, 'invalid_request', {}, basic('some-api', apiSecret)],
  ];
  for (const [status, error, fields, headers] of asked) {
    const response = await postForm(app, '/oauth/introspect', fields, headers);
    t.equal(response.statusCode, status);
    t.match(response.json(), { error });
    t.notOk('active' in response.json());
  }
});
