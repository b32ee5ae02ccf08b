import { buildProcess } from '@pair/service-kit';
import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { authService } from '../../src/index.ts';
import { get, login, makeUser, patch, post, refusedWithin1s, startAuth } from '../support/auth-under-test.ts';
import { addClient, basic } from '../support/clients.ts';
import { authorize, postForm, redeem } from '../support/oauth.ts';

const { app, config, within, another } = await startAuth(t);
const admin = (await login(app)).access_token;

t.test('userinfo names the user of any access token, whatever its scope', async (t) => {
  const { id, credentials } = await makeUser(app, 'ada.lovelace');
  const own = await login(app, credentials);
  const granted = (await redeem(app, await authorize(app, {}, credentials))).json();
  t.equal(granted.scope, '', 'a token without any scope');
  for (const { access_token: token } of [own, granted]) {
    const answers = [
      await get(app, '/oauth/userinfo', token),
      await post(app, '/oauth/userinfo', undefined, token),
    ];
    for (const response of answers) {
      t.equal(response.statusCode, 200);
      t.equal(response.headers['cache-control'], 'no-store');
      t.equal(response.headers['content-type'], 'application/json; charset=utf-8');
      t.same(response.json(), { sub: id, preferred_username: 'ada.lovelace' });
    }
  }
});

t.test('a POST may have a form, but no other place for the token than the header', async (t) => {
  const headers = { authorization: `Bearer ${admin}` };
  t.equal((await postForm(app, '/oauth/userinfo', {}, headers)).statusCode, 200);
  t.equal((await postForm(app, '/oauth/userinfo', { access_token: admin })).statusCode, 401);
  const json = await post(app, '/oauth/userinfo', {}, admin);
  t.equal(json.statusCode, 400);
  t.match(json.json(), {
    error: 'invalid_request',
    error_description: /send application\/x-www-form-urlencoded/,
  });
  t.equal(json.headers.accept, 'application/x-www-form-urlencoded');
});

t.test('a user who sends too many requests gets 429 in the form of RFC 6749', async (t) => {
  const limited = await another({ SUBJECT_RATE_LIMIT: 1, SUBJECT_RATE_BURST: 1 });
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => get(limited, '/oauth/userinfo', admin)));
  const refused = answers.find(({ statusCode }) => statusCode === 429);
  t.match(refused?.headers, { 'retry-after': '1', ratelimit: '"subject";r=0;t=1' });
  t.match(refused?.json(), { error: 'invalid_request', error_description: /too many requests/ });
});

t.test('the refusals are those of RFC 6750, with a challenge', async (t) => {
  const secret = await addClient(config.DATABASE_URL, {
    id: 'machine',
    grants: ['client_credentials'],
    redirectUris: [],
  });
  const ofClient = (
    await postForm(app, '/oauth/token', { grant_type: 'client_credentials' }, basic('machine', secret))
  ).json().access_token;
  const refusals: [status: number, error: string, challenge: RegExp, token?: string][] = [
    [401, 'invalid_request', /^Bearer, DPoP algs="ES256"$/],
    [401, 'invalid_token', /^Bearer error="invalid_token"/, 'x.y.z'],
    [401, 'invalid_token', /^Bearer error="invalid_token"/, `${admin.slice(0, -4)}AAAA`],
    [403, 'insufficient_scope', /^Bearer error="insufficient_scope"/, ofClient],
  ];
  for (const [status, error, challenge, token] of refusals) {
    const response = await get(app, '/oauth/userinfo', token);
    t.equal(response.statusCode, status, error);
    t.same(Object.keys(response.json()), ['error', 'error_description']);
    t.equal(response.json().error, error);
    t.notMatch(response.json().error_description, /\?/, 'all of it is ASCII');
    t.match(response.headers['www-authenticate'], challenge);
    t.equal(response.headers['cache-control'], 'no-store');
  }
});

t.test('after a sign-out, and for a disabled user, userinfo is 401', async (t) => {
  const { id, credentials } = await makeUser(app, 'leaving');
  const [first, second] = [await login(app, credentials), await login(app, credentials)];
  await post(app, '/auth/logout', undefined, first.access_token);
  t.ok(await refusedWithin1s(app, first.access_token));
  t.match((await get(app, '/oauth/userinfo', first.access_token)).json(), { error: 'invalid_token' });

  const { findById } = within.users;
  within.users.findById = async (userId) => {
    const user = await findById(userId);
    return user && { ...user, disabled: true };
  };
  const response = await get(app, '/oauth/userinfo', second.access_token);
  within.users.findById = findById;
  t.equal(response.statusCode, 401, 'also before this process knows that the sessions have ended');
  t.match(response.headers['www-authenticate'], /^Bearer error="invalid_token"/);
  t.equal((await patch(app, `/auth/users/${id}`, { disabled: true }, admin)).statusCode, 200);
  t.ok(await refusedWithin1s(app, second.access_token));
});

t.test('a page of an allowed origin can ask userinfo, and read the answers and refusals', async (t) => {
  const origin = 'https://app.example.com';
  const settings = { LOG_LEVEL: 'silent' as const, TRUSTED_PROXIES: [], CORS_ORIGINS: [origin] };
  const open = await buildProcess(settings, [authService(config)]);
  t.teardown(() => open.close());
  await waitFor(async () => (await open.inject('/readyz')).statusCode === 200);
  const send = (method: 'GET' | 'OPTIONS', headers: Record<string, string>) =>
    open.inject({ method, url: '/oauth/userinfo', headers: { origin, ...headers } });
  const preflight = await send('OPTIONS', {
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization',
  });
  t.equal(preflight.statusCode, 204);
  t.match(preflight.headers['access-control-allow-headers'], /authorization/);
  for (const token of [admin, 'x.y.z']) {
    const { statusCode, headers } = await send('GET', { authorization: `Bearer ${token}` });
    t.equal(statusCode, token === admin ? 200 : 401);
    t.equal(headers['access-control-allow-origin'], origin);
    t.match(headers['access-control-expose-headers'], /www-authenticate/);
  }
});
