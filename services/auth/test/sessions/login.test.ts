import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import t from 'tap';
import { ADMIN, get, login, makeUser, post, startAuth, type Tokens } from '../support/auth-under-test.ts';

const auth = await startAuth(t);
const { app } = auth;

t.test('a right password gets a Bearer token for ten minutes, a refresh token and the scopes', async (t) => {
  const response = await post(app, '/auth/login', ADMIN);
  t.equal(response.statusCode, 200);
  t.match(response.json(), {
    access_token: /^[\w-]+\.[\w-]+\.[\w-]+$/,
    token_type: 'Bearer',
    expires_in: 600,
    refresh_token: /^rt_[\w-]{107}$/,
    scope: 'customers:read customers:write users:admin',
  });
  t.equal(response.headers['cache-control'], 'no-store');
});

t.test('the access token is an RFC 9068 JWT that jose verifies with the published keys', async (t) => {
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const { access_token } = await login(app);
  const { payload, protectedHeader } = await jwtVerify(
    access_token,
    createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`)),
    { issuer: auth.config.ISSUER, audience: auth.config.AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'] },
  );
  t.same(Object.keys(protectedHeader).sort(), ['alg', 'kid', 'typ']);
  t.same(Object.keys(payload).sort(), [
    'aud',
    'client_id',
    'epoch',
    'exp',
    'iat',
    'iss',
    'jti',
    'scope',
    'sid',
    'sub',
  ]);
  t.equal((payload.exp ?? 0) - (payload.iat ?? 0), 600);
  t.equal(payload.client_id, 'first-party');
  t.equal(payload.sub, (await get(app, '/auth/me', access_token)).json().id);
});

t.test('the kid is the RFC 7638 thumbprint of the key', async (t) => {
  const { keys } = (await get(app, '/.well-known/jwks.json')).json();
  const { calculateJwkThumbprint } = await import('jose');
  t.equal(decodeProtectedHeader((await login(app)).access_token).kid, keys[0].kid);
  t.equal(await calculateJwkThumbprint(keys[0]), keys[0].kid);
});

t.test('two sign-ins share nothing but the user', async (t) => {
  const [one, two] = await Promise.all([login(app), login(app)]);
  t.not(one.refresh_token, two.refresh_token);
  t.not(claims(one.access_token).sid, claims(two.access_token).sid);
  t.not(claims(one.access_token).jti, claims(two.access_token).jti);
});

t.test('a username works in upper and lower case', async (t) => {
  t.equal((await post(app, '/auth/login', { ...ADMIN, username: 'ADMIN' })).statusCode, 200);
});

t.test('a password is the same however its accents were typed', async (t) => {
  const password = 'crème brûlée';
  const admin = await login(app);
  await post(
    app,
    '/auth/users',
    { username: 'accents', password: password.normalize('NFC') },
    admin.access_token,
  );
  const response = await post(app, '/auth/login', {
    username: 'accents',
    password: password.normalize('NFD'),
  });
  t.equal(response.statusCode, 200);
});

t.test('a wrong password and an unknown user get the same answer', async (t) => {
  const answers = await Promise.all([
    post(app, '/auth/login', { ...ADMIN, password: 'not the password' }),
    post(app, '/auth/login', { ...ADMIN, username: 'unknown' }),
  ]);
  for (const answer of answers) {
    t.equal(answer.statusCode, 401);
    t.match(answer.json(), { code: 'invalid_credentials' });
    t.ok(answer.headers['www-authenticate']);
  }
  const [one, two] = answers.map((answer) => ({ ...answer.json(), request_id: '' }));
  t.same(one, two);
});

t.test('a disabled user gets the answer of a wrong password', async (t) => {
  const { id, credentials } = await makeUser(app, 'soon-disabled');
  const { access_token } = await login(app);
  await app.inject({
    method: 'PATCH',
    url: `/auth/users/${id}`,
    payload: { disabled: true },
    headers: { authorization: `Bearer ${access_token}` },
  });
  t.match((await post(app, '/auth/login', credentials)).json(), { status: 401, code: 'invalid_credentials' });
});

t.test('the 101st session of a user ends the oldest session, and no other', async (t) => {
  const { credentials } = await makeUser(app, 'many-sessions');
  const tokens = [];
  for (let i = 0; i < 101; i++) tokens.push(await login(app, credentials));
  const [oldest, second] = tokens;
  const newest = tokens.at(-1);
  t.equal((await post(app, '/auth/refresh', { refresh_token: oldest?.refresh_token })).statusCode, 401);
  t.equal((await post(app, '/auth/refresh', { refresh_token: second?.refresh_token })).statusCode, 200);
  t.equal((await post(app, '/auth/refresh', { refresh_token: newest?.refresh_token })).statusCode, 200);
});

t.test('no token, password or hash is ever logged', async (t) => {
  const { access_token, refresh_token } = await login(app);
  const next = (await post(app, '/auth/refresh', { refresh_token })).json<Tokens>().refresh_token;
  await post(app, '/auth/refresh', { refresh_token: next });
  await post(app, '/auth/refresh', { refresh_token });
  t.match(auth.logged(), 'refresh token reused');
  for (const secret of [access_token, refresh_token, next, ADMIN.password, '$argon2']) {
    t.notOk(auth.logged().includes(secret));
  }
});

function claims(token: string) {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
