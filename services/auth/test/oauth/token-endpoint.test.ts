import { decodeJwt } from 'jose';
import t from 'tap';
import { get, login, post, recordedEvents, refusedWithin1s, startAuth } from '../support/auth-under-test.ts';
import { addClient, basic } from '../support/clients.ts';
import { authorize, form, newVerifier, postForm, redeem, SWAGGER_REDIRECT } from '../support/oauth.ts';

const { app, config, redisClient } = await startAuth(t);
const secret = await addClient(config.DATABASE_URL);
const machine = { id: 'machine', grants: ['client_credentials'], redirectUris: [] };
const machineSecret = await addClient(config.DATABASE_URL, {
  ...machine,
  scopes: ['customers:read', 'users:admin'],
});

const CREDENTIALS = { grant_type: 'client_credentials' };
const AS_BODY = { client_id: 'machine', client_secret: machineSecret };

t.test('a client that acts for itself gets a token without a session', async (t) => {
  for (const headers of [basic('machine', machineSecret), {}]) {
    const fields = 'authorization' in headers ? CREDENTIALS : { ...CREDENTIALS, ...AS_BODY };
    const response = await postForm(app, '/oauth/token', fields, headers);
    t.equal(response.statusCode, 200);
    t.equal(response.headers['cache-control'], 'no-store');
    const { access_token: token, ...rest } = response.json();
    t.same(rest, { token_type: 'Bearer', expires_in: 600, scope: 'customers:read users:admin' });
    const { sid, sub, client_id, aud } = decodeJwt(token);
    t.same(
      { sid, sub, client_id, aud },
      { sid: undefined, sub: 'machine', client_id: 'machine', aud: config.AUDIENCE },
    );
  }
});

t.test('the token of a client opens the routes of its scope, and no route of a user', async (t) => {
  const { access_token: token } = (
    await postForm(app, '/oauth/token', CREDENTIALS, basic('machine', machineSecret))
  ).json();
  t.equal((await get(app, '/auth/users', token)).statusCode, 200);
  const user = { username: 'made-by-machine', password: 'a long enough password' };
  t.equal((await post(app, '/auth/users', user, token)).statusCode, 201);
  const items = await recordedEvents(app, token, 'event=user_created');
  t.match(items, [{ actor_id: null, client_id: 'machine' }]);
  for (const url of ['/auth/me', '/auth/sessions']) {
    const response = await get(app, url, token);
    t.equal(response.statusCode, 403, url);
    t.equal(response.json().code, 'user_required', url);
  }
  t.equal((await post(app, '/auth/logout-all', undefined, token)).statusCode, 403);
  t.equal((await post(app, '/auth/logout', undefined, token)).statusCode, 204);
  t.equal((await post(app, '/auth/logout', undefined, token)).statusCode, 204, 'also when repeated');
  const { access_token } = await login(app);
  const events = await recordedEvents(app, access_token, 'event=access_token_revoked');
  t.match(events, [{ outcome: 'succeeded', client_id: 'machine' }]);
  t.equal(events.length, 1);
  const announced = await redisClient().xrange('{auth}:revocations', '-', '+');
  t.equal(announced.filter(([, fields]) => fields[0] === 'jti').length, 1, 'it is announced once');
  const refused = async () => (await get(app, '/auth/users', token)).statusCode === 401;
  t.ok((await refused()) || (await refusedWithin1s(app, token)));
});

t.test('the token of a client has the requested scopes that the client may have', async (t) => {
  const ask = (scope: string) =>
    postForm(app, '/oauth/token', { ...CREDENTIALS, scope }, basic('machine', machineSecret));
  t.equal((await ask('users:admin')).json().scope, 'users:admin');
  for (const scope of ['customers:write', 'customers:read customers:write', 'everything', 'x'.repeat(200)]) {
    const response = await ask(scope);
    t.equal(response.statusCode, 400, scope);
    t.match(response.json(), { error: 'invalid_scope' }, scope);
  }
});

t.test('a client that fails to authenticate gets 401 invalid_client, and the audit records it', async (t) => {
  const wrong: Record<string, string>[] = [
    basic('machine', 'wrong'),
    basic('machine', secret),
    basic('machine', ''),
    basic('first-party', 'any'),
    basic('unknown', machineSecret),
    { authorization: 'Basic' },
    { authorization: 'Basic !!!' },
    { authorization: `Basic ${Buffer.from('machine').toString('base64')}` },
    { authorization: `Basic ${Buffer.from('%zz:%zz').toString('base64')}` },
    { authorization: `Bearer ${machineSecret}` },
  ];
  for (const headers of wrong) {
    const response = await postForm(app, '/oauth/token', CREDENTIALS, headers);
    t.equal(response.statusCode, 401, JSON.stringify(headers));
    t.match(response.json(), { error: 'invalid_client' });
    t.match(response.headers['www-authenticate'], /^Basic /);
  }
  const ofPage = { ...basic('machine', 'wrong'), 'sec-fetch-mode': 'cors' };
  const response = await postForm(app, '/oauth/token', CREDENTIALS, ofPage);
  t.match(response.headers['www-authenticate'], /^Basic /, 'as RFC 6749 §5.2 demands');
  const admin = (await postForm(app, '/oauth/token', CREDENTIALS, basic('machine', machineSecret))).json();
  // one event a minute for each client and for all unknown clients together: a flood cannot fill the table
  const items = await recordedEvents(app, admin.access_token, 'event=client_refused', 3);
  t.same(items.map((item) => item.client_id).sort(), ['first-party', 'machine', null]);
});

t.test(
  'a client without an Authorization header gets 401 too, and a script in a page gets no challenge',
  async (t) => {
    const wrong: Record<string, string>[] = [
      {},
      { client_id: 'unknown' },
      { client_id: 'unknown', client_secret: machineSecret },
      { client_id: 'machine' },
      { client_id: 'machine', client_secret: 'wrong' },
      { client_id: 'machine', client_secret: secret },
      { client_id: 'machine', client_secret: `${machineSecret} ` },
      { client_id: 'first-party', client_secret: 'any' },
      { client_id: "machine' --", client_secret: machineSecret },
      { client_id: 'machine\u0000', client_secret: machineSecret },
    ];
    for (const url of ['/oauth/token', '/oauth/revoke', '/oauth/introspect']) {
      for (const fields of wrong) {
        const form = { ...CREDENTIALS, token: 'x', ...fields };
        const response = await postForm(app, url, form);
        t.equal(response.statusCode, 401, JSON.stringify([url, fields]));
        t.match(response.json(), { error: 'invalid_client' });
        t.match(response.headers['www-authenticate'], /^Basic /);
        const ofPage = await postForm(app, url, form, { 'sec-fetch-mode': 'cors' });
        t.equal(ofPage.statusCode, 401);
        t.notOk('www-authenticate' in ofPage.headers, 'a browser would show a dialog');
      }
    }
  },
);

t.test('a request that breaks RFC 6749 gets the error of its code, and no token', async (t) => {
  const granted = await authorize(app);
  const code = {
    grant_type: 'authorization_code',
    client_id: 'swagger-ui',
    code: granted.code,
    redirect_uri: SWAGGER_REDIRECT,
    code_verifier: granted.verifier,
  };
  const without = (name: string) => Object.entries(code).filter(([key]) => key !== name);
  const confidential = { client_id: 'web-app', client_secret: secret };
  const wrong: [
    error: string,
    fields: Record<string, string> | [string, string][],
    headers?: Record<string, string>,
  ][] = [
    ['invalid_request', without('grant_type') as [string, string][]],
    ['invalid_request', without('code') as [string, string][]],
    ['invalid_request', without('redirect_uri') as [string, string][]],
    ['invalid_request', without('code_verifier') as [string, string][]],
    ['invalid_request', { ...code, code_verifier: 'short' }],
    ['invalid_request', { ...code, code: '' }],
    ['invalid_request', [...Object.entries(code), ['code', granted.code]]],
    ['invalid_request', [...Object.entries(code), ['audience', ''], ['audience', 'x']]],
    ['invalid_request', { ...code, client_id: 'machine' }, basic('web-app', secret)],
    ['invalid_request', { ...code, ...confidential }, basic('web-app', secret)],
    ['invalid_request', { ...confidential, grant_type: 'refresh_token' }],
    ['invalid_grant', { ...code, code_verifier: newVerifier().verifier }],
    ['invalid_grant', { ...code, code: `${granted.code}\r\nx: y` }],
    ['invalid_grant', { ...code, ...confidential }],
    ['invalid_grant', { ...confidential, grant_type: 'refresh_token', refresh_token: 'rt_\r\nx: y' }],
    ['unsupported_grant_type', { ...code, grant_type: 'password' }],
    ['unsupported_grant_type', { ...code, grant_type: 'toString' }],
    ['unauthorized_client', { ...CREDENTIALS, client_id: 'swagger-ui' }],
    ['unauthorized_client', { ...code, client_id: 'first-party' }],
    ['unauthorized_client', { ...code, ...AS_BODY }],
  ];
  for (const [error, fields, headers] of wrong) {
    const response = await postForm(app, '/oauth/token', fields, headers);
    t.equal(response.statusCode, 400, JSON.stringify(fields));
    t.same(Object.keys(response.json()), ['error', 'error_description']);
    t.equal(response.json().error, error, JSON.stringify(fields));
    t.match(response.json().error_description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    t.equal(response.headers['cache-control'], 'no-store');
    t.equal(response.headers['content-type'], 'application/json; charset=utf-8');
  }
  t.equal((await redeem(app, granted)).statusCode, 200, 'the code was not used up');
});

t.test('the endpoint accepts forms only, and POST only', async (t) => {
  const fields = { ...CREDENTIALS, ...AS_BODY };
  for (const [type, payload] of [
    ['application/json', JSON.stringify(fields)],
    ['text/plain', form(fields)],
    ['application/x-www-form-urlencoded; charset=utf-16', form(fields)],
    ['application/x-www-form-urlencoded', Buffer.from([0x61, 0x3d, 0xff])],
    ['application/x-www-form-urlencoded', 'grant_type=%ff'],
    ['application/x-www-form-urlencoded', ''],
  ] as const) {
    const response = await app.inject({
      method: 'POST',
      url: '/oauth/token',
      payload,
      headers: { 'content-type': type },
    });
    t.equal(response.statusCode, 400, type);
    t.match(response.json(), { error: 'invalid_request' }, type);
  }
  for (const url of ['/oauth/token', '/oauth/revoke', '/oauth/introspect']) {
    const response = await app.inject(`${url}?${form(fields)}`);
    t.equal(response.statusCode, 405);
    t.equal(response.headers.allow, 'POST, OPTIONS');
    t.match(response.json(), { error: 'invalid_request' });
  }
  const other = await app.inject({
    method: 'POST',
    url: '/oauth/token',
    payload: '{}',
    headers: { 'content-type': 'application/json' },
  });
  t.match(other.json().error_description, /send application\/x-www-form-urlencoded, in UTF-8/);
  t.equal(other.headers.accept, 'application/x-www-form-urlencoded');
  const missing = await app.inject('/oauth/nothing');
  t.equal(missing.statusCode, 404);
  t.match(missing.json(), { error: 'invalid_request' });
  const query = await app.inject({
    method: 'POST',
    url: `/oauth/token?${form(fields)}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'a=b',
  });
  t.equal(query.statusCode, 400, 'parameters in the query do not count');
});

t.test('unknown parameters and parameters without a value are ignored', async (t) => {
  const response = await postForm(app, '/oauth/token', {
    ...CREDENTIALS,
    ...AS_BODY,
    audience: 'x',
    scope: '',
    code: '',
  });
  t.equal(response.statusCode, 200);
});

t.test('the metadata are at the address of OpenID Connect too, and promise no id_token', async (t) => {
  const [oauth, openid] = await Promise.all(
    ['oauth-authorization-server', 'openid-configuration'].map((name) => app.inject(`/.well-known/${name}`)),
  );
  t.equal(openid?.statusCode, 200);
  t.equal(openid?.payload, oauth?.payload);
  t.equal(openid?.headers['cache-control'], oauth?.headers['cache-control']);
  const { scopes_supported, subject_types_supported, ...others } = openid?.json() ?? {};
  t.notOk(scopes_supported.includes('openid'));
  t.same(subject_types_supported, ['public'], 'some libraries require it there');
  t.equal(others.request_uri_parameter_supported, false, 'a document without it would promise request_uri');
  t.same(
    Object.keys(others).filter((name) => name.startsWith('id_token')),
    [],
  );
});

t.test('the metadata name every endpoint and feature (RFC 8414)', async (t) => {
  const response = await app.inject('/.well-known/oauth-authorization-server');
  t.equal(response.headers['content-type'], 'application/json; charset=utf-8');
  const metadata = response.json();
  t.equal(metadata.issuer, config.ISSUER);
  for (const [name, value] of Object.entries(metadata)) {
    if (!/_endpoint$|_uri$/.test(name)) continue;
    const { statusCode } = await app.inject(new URL(String(value)).pathname);
    t.not(statusCode, 404, `${name}: ${value}`);
  }
  t.same(metadata.code_challenge_methods_supported, ['S256']);
  t.notOk(metadata.grant_types_supported.includes('password'));
});
