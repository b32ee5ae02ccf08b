import { SCOPES } from '@pair/access-token';
import { decodeJwt } from 'jose';
import t, { type Test } from 'tap';
import {
  ADMIN,
  get,
  login,
  makeUser,
  patch,
  post,
  recordedEvents,
  refusedWithin1s,
  startAuth,
} from '../support/auth-under-test.ts';
import { APP_REDIRECT, addClient, basic, removeClient } from '../support/clients.ts';
import {
  authorizationRequest,
  authorize,
  newVerifier,
  openPage,
  parametersOf,
  postForm,
  redeem,
  SWAGGER_REDIRECT,
  submit,
} from '../support/oauth.ts';

const { app, config, redisClient } = await startAuth(t);
const secret = await addClient(config.DATABASE_URL);
const admin = (await login(app)).access_token;

function isInvalidGrant(t: Test, response: { statusCode: number; json(): unknown }, name = 'invalid_grant') {
  t.equal(response.statusCode, 400, name);
  t.match(response.json(), { error: 'invalid_grant' }, name);
}

t.test('a user who signs in gives the client a code, and the client gets tokens for it', async (t) => {
  const { verifier, challenge } = newVerifier();
  const page = await openPage(app, authorizationRequest(challenge));
  const answer = await submit(app, page);
  t.equal(answer.statusCode, 303);
  t.equal(answer.headers['cache-control'], 'no-store');
  const { code = '', ...others } = parametersOf(answer.headers.location);
  t.same(others, { state: 'the state', iss: config.ISSUER }, 'RFC 9207');

  const response = await redeem(app, { code, verifier });
  t.equal(response.statusCode, 200);
  t.equal(response.headers['cache-control'], 'no-store');
  const tokens = response.json();
  t.match(tokens, {
    token_type: 'Bearer',
    expires_in: 600,
    scope: 'customers:read customers:write users:admin',
  });
  t.match(decodeJwt(tokens.access_token), { client_id: 'swagger-ui', iss: config.ISSUER });
  t.equal((await get(app, '/auth/me', tokens.access_token)).json().username, 'admin');
});

t.test('a code that is redeemed twice ends the session that it began', async (t) => {
  const granted = await authorize(app);
  const tokens = (await redeem(app, granted)).json();
  isInvalidGrant(t, await redeem(app, granted));
  t.ok(await refusedWithin1s(app, tokens.access_token));
  t.equal((await post(app, '/auth/refresh', { refresh_token: tokens.refresh_token })).statusCode, 401);
  const items = await recordedEvents(app, admin, 'event=authorization_code_reused');
  t.match(items, [{ outcome: 'refused', client_id: 'swagger-ui' }]);
});

t.test('of many concurrent redemptions of a code one gets tokens, and they are soon refused', async (t) => {
  const granted = await authorize(app);
  const responses = await Promise.all(Array.from({ length: 20 }, () => redeem(app, granted)));
  const [success, ...others] = responses.sort((a, b) => a.statusCode - b.statusCode);
  t.equal(success?.statusCode, 200);
  for (const other of others) isInvalidGrant(t, other);
  t.ok(await refusedWithin1s(app, success?.json().access_token));
});

t.test(
  'a wrong code verifier, redirect URI or client is refused and does not consume the code',
  async (t) => {
    const granted = await authorize(app);
    const wrong: Record<string, string>[] = [
      { code_verifier: newVerifier().verifier },
      { redirect_uri: SWAGGER_REDIRECT.replace('auth', 'customers') },
      { redirect_uri: `${SWAGGER_REDIRECT}?` },
      { code: `${granted.code.slice(0, -1)}${granted.code.endsWith('A') ? 'B' : 'A'}` },
    ];
    for (const overrides of wrong)
      isInvalidGrant(t, await redeem(app, granted, overrides), JSON.stringify(overrides));
    isInvalidGrant(t, await redeem(app, granted, { client_id: 'web-app', client_secret: secret }), 'client');
    t.equal((await redeem(app, granted)).statusCode, 200);
  },
);

t.test('a code from a wrong client, or with a wrong code verifier, is a security event', async (t) => {
  const granted = await authorize(app);
  await redeem(app, granted, { code_verifier: newVerifier().verifier });
  await redeem(app, granted, { client_id: 'web-app', client_secret: secret });
  const items = await recordedEvents(app, admin, 'event=authorization_code_refused');
  t.match(items, [{ outcome: 'refused', client_id: 'swagger-ui' }]);
});

t.test('a client that is added again under its id inherits no code and no session', async (t) => {
  const client = { client_id: 'returning', redirect_uri: APP_REDIRECT, scope: 'customers:read' };
  const registration = { id: 'returning', isPublic: true, grants: ['authorization_code', 'refresh_token'] };
  await addClient(config.DATABASE_URL, registration);
  const { refresh_token } = (await redeem(app, await authorize(app, client), client)).json();
  const granted = await authorize(app, client);
  await removeClient(config.DATABASE_URL, 'returning');
  await addClient(config.DATABASE_URL, registration);

  isInvalidGrant(t, await redeem(app, granted, client), 'a code');
  const form = { grant_type: 'refresh_token', client_id: 'returning', refresh_token };
  isInvalidGrant(t, await postForm(app, '/oauth/token', form), 'a refresh token');
  const revoked = await postForm(app, '/oauth/revoke', { token: refresh_token, client_id: 'returning' });
  isInvalidGrant(t, revoked, 'nor may it revoke it');
  const api = { id: 'asking-api', grants: [], redirectUris: [], scopes: [], mayIntrospect: true };
  const secret = await addClient(config.DATABASE_URL, api);
  const asked = await postForm(app, '/oauth/introspect', { token: refresh_token }, basic(api.id, secret));
  t.same(asked.json(), { active: false });
  t.equal(
    (await redeem(app, await authorize(app, client), client)).statusCode,
    200,
    'the new client gets its own sessions',
  );
});

t.test('a session from before registrations were recorded belongs to its client', async (t) => {
  const client = { client_id: 'web-app', redirect_uri: APP_REDIRECT };
  const authorization = basic('web-app', secret);
  const request = { ...client, scope: '' };
  const begun = [await authorize(app, request), await authorize(app, request)] as const;
  const forget = async () => {
    const redis = redisClient();
    for (const key of await redis.keys('{auth}:session:*')) await redis.hdel(key, 'registration');
  };
  const { refresh_token } = (await redeem(app, begun[0], client, authorization)).json();
  await forget();
  t.equal((await redeem(app, begun[1], client, authorization)).statusCode, 200);
  const form = { grant_type: 'refresh_token', refresh_token };
  t.equal((await postForm(app, '/oauth/token', form, authorization)).statusCode, 200);
  t.equal((await postForm(app, '/oauth/revoke', { token: refresh_token }, authorization)).statusCode, 200);
});

t.test('a code is refused after its session has ended', async (t) => {
  const ada = await makeUser(app, 'ada-code', 'customers:read');
  const ends: Record<string, () => Promise<unknown>> = {
    'signed out everywhere': async () =>
      post(app, '/auth/logout-all', undefined, (await login(app, ada.credentials)).access_token),
    disabled: () => patch(app, `/auth/users/${ada.id}`, { disabled: true }, admin),
  };
  for (const [name, end] of Object.entries(ends)) {
    const granted = await authorize(app, {}, ada.credentials);
    await end();
    isInvalidGrant(t, await redeem(app, granted), name);
  }
});

t.test('a sign-in without a redeemed code is not in the list of sessions', async (t) => {
  const ada = await makeUser(app, 'ada-pending', 'customers:read');
  await authorize(app, {}, ada.credentials);
  const { access_token } = await login(app, ada.credentials);
  const { items } = (await get(app, '/auth/sessions', access_token)).json();
  t.match(items, [{ client_id: 'first-party', current: true }]);
  t.equal(items.length, 1);
  const tokens = (await redeem(app, await authorize(app, {}, ada.credentials))).json();
  const after = (await get(app, '/auth/sessions', tokens.access_token)).json().items;
  t.same(after.map((session: { client_id: string }) => session.client_id).sort(), [
    'first-party',
    'swagger-ui',
  ]);
});

t.test('a token has the requested scopes that both the client and the user have', async (t) => {
  const ada = await makeUser(app, 'ada-scope', 'customers:read');
  const scopeOf = async (asked: Record<string, string>, credentials = ADMIN) =>
    (await redeem(app, await authorize(app, asked, credentials))).json().scope;
  t.equal(await scopeOf({ scope: 'customers:read' }), 'customers:read');
  t.equal(await scopeOf({ scope: 'customers:read customers:write' }, ada.credentials), 'customers:read');
  t.equal(await scopeOf({ scope: '' }), SCOPES.join(' '), 'all scopes, if the request names none');

  const granted = await authorize(app, { client_id: 'web-app', redirect_uri: APP_REDIRECT, scope: '' });
  const overrides = { client_id: 'web-app', client_secret: secret, redirect_uri: APP_REDIRECT };
  const tokens = (await redeem(app, granted, overrides)).json();
  t.equal(tokens.scope, 'customers:read customers:write', 'only scopes that the client may have');
});

t.test('a refresh returns the granted scopes, fewer on request, and never more', async (t) => {
  const refresh = (refresh_token: string, scope = '') =>
    postForm(app, '/oauth/token', {
      grant_type: 'refresh_token',
      client_id: 'swagger-ui',
      refresh_token,
      scope,
    });
  const granted = await authorize(app, { scope: 'customers:read customers:write' });
  let tokens = (await redeem(app, granted)).json();
  for (const scope of ['customers:read users:admin', '*', 'customers:read *']) {
    const wider = await refresh(tokens.refresh_token, scope);
    t.equal(wider.statusCode, 400);
    t.match(wider.json(), { error: 'invalid_scope' }, scope);
  }
  tokens = (await refresh(tokens.refresh_token, 'customers:read')).json();
  t.equal(tokens.scope, 'customers:read');
  tokens = (await refresh(tokens.refresh_token)).json();
  t.equal(tokens.scope, 'customers:read customers:write');
});

t.test('/oauth/token rotates a refresh token as /auth/refresh does', async (t) => {
  const first = (await redeem(app, await authorize(app))).json();
  const refresh = (refresh_token: string, client_id = 'swagger-ui') =>
    postForm(app, '/oauth/token', { grant_type: 'refresh_token', client_id, refresh_token });
  isInvalidGrant(t, await refresh(first.refresh_token, 'first-party'), 'of another client');
  t.equal((await post(app, '/auth/refresh', { refresh_token: first.refresh_token })).statusCode, 401);

  const second = (await refresh(first.refresh_token)).json();
  t.equal((await refresh(first.refresh_token)).json().refresh_token, second.refresh_token, 'a lost answer');
  const third = (await refresh(second.refresh_token)).json();
  const reuse = await refresh(first.refresh_token);
  isInvalidGrant(t, reuse, 'reuse');
  t.equal(reuse.headers['www-authenticate'], undefined, 'clients would ignore the body beside it');
  isInvalidGrant(t, await refresh(third.refresh_token), 'the session is ended');
  t.ok(await refusedWithin1s(app, third.access_token));

  const own = await login(app);
  const rotated = await refresh(own.refresh_token, 'first-party');
  t.equal(rotated.statusCode, 200, 'the first-party client may refresh here too');
});

t.test('a client without the grant refresh_token gets no refresh token', async (t) => {
  const overrides = { id: 'no-refresh', grants: ['authorization_code'], isPublic: true };
  await addClient(config.DATABASE_URL, overrides);
  const client = { client_id: 'no-refresh', redirect_uri: APP_REDIRECT };
  const response = await redeem(app, await authorize(app, { ...client, scope: '' }), client);
  t.equal(response.statusCode, 200);
  t.notOk('refresh_token' in response.json());
});

t.test('a client with a token of the user cannot change the account of the user', async (t) => {
  const client = { client_id: 'web-app', redirect_uri: APP_REDIRECT };
  const granted = await authorize(app, { ...client, scope: 'customers:read' });
  const { access_token: token } = (await redeem(app, granted, client, basic('web-app', secret))).json();
  t.equal((await get(app, '/auth/me', token)).statusCode, 200);
  for (const response of [
    await get(app, '/auth/sessions', token),
    await post(app, '/auth/logout-all', undefined, token),
    await app.inject({
      method: 'PUT',
      url: '/auth/password',
      headers: { authorization: `Bearer ${token}` },
      payload: { current_password: ADMIN.password, new_password: 'another good password' },
    }),
  ]) {
    t.equal(response.statusCode, 403);
    t.equal(response.json().code, 'client_not_allowed');
  }
  t.equal((await post(app, '/auth/logout', undefined, token)).statusCode, 204, 'it can end its own session');
  t.ok(await refusedWithin1s(app, token));
});
