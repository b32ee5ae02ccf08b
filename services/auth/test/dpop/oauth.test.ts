import { decodeJwt } from 'jose';
import t, { type Test } from 'tap';
import { get, login, post, recordedEvents, startAuth } from '../support/auth-under-test.ts';
import { APP_REDIRECT, addClient, basic } from '../support/clients.ts';
import { type DpopClient, type DpopRequest, dpopClient } from '../support/dpop.ts';
import {
  authorizationRequest,
  authorize,
  newVerifier,
  openPage,
  parametersOf,
  postForm,
  redeem,
  SWAGGER_REDIRECT,
} from '../support/oauth.ts';

const auth = await startAuth(t);
const { app, config } = auth;
const owner = await dpopClient(auth);
const thief = await dpopClient(auth);
const secret = await addClient(config.DATABASE_URL);
const WEB_APP = { client_id: 'web-app', redirect_uri: APP_REDIRECT };
const asWebApp = { headers: basic('web-app', secret) };

/** Redeems a code with a proof. */
function redeemAs(
  client: DpopClient,
  { code, verifier }: { code: string; verifier: string },
  overrides: Record<string, string> = {},
  options: DpopRequest = {},
) {
  const form = {
    grant_type: 'authorization_code',
    client_id: 'swagger-ui',
    code,
    redirect_uri: SWAGGER_REDIRECT,
    code_verifier: verifier,
    ...overrides,
  };
  return client.postForm('/oauth/token', form, options);
}

function refreshAs(client: DpopClient, refresh_token: string, fields = {}, options: DpopRequest = {}) {
  const form = { grant_type: 'refresh_token', client_id: 'swagger-ui', refresh_token, ...fields };
  return client.postForm('/oauth/token', form, options);
}

function isRefused(
  t: Test,
  response: { statusCode: number; headers: Record<string, unknown>; json(): unknown },
  error: string,
) {
  t.equal(response.statusCode, 400, error);
  t.match(response.json(), { error, error_description: String });
  t.equal(response.headers['www-authenticate'], undefined);
  t.equal(response.headers['cache-control'], 'no-store');
}

t.test('a code that is bound to a key is redeemed with that key alone', async (t) => {
  const granted = await authorize(app, { dpop_jkt: owner.jkt });
  isRefused(t, await redeem(app, granted), 'invalid_grant');
  isRefused(t, await redeemAs(thief, granted), 'invalid_grant');
  const response = await redeemAs(owner, granted);
  t.equal(response.statusCode, 200, 'the refusals did not consume the code');
  t.equal(response.json().token_type, 'DPoP');
  t.strictSame(decodeJwt(response.json().access_token).cnf, { jkt: owner.jkt });
  const admin = (await login(app)).access_token;
  const items = await recordedEvents(app, admin, 'event=authorization_code_refused');
  t.match(items, [{ outcome: 'refused', client_id: 'swagger-ui' }]);
  t.equal(items.length, 1);
});

t.test('a code that was redeemed is no permit to fill Redis with used proofs', async (t) => {
  const granted = await authorize(app);
  t.equal((await redeemAs(owner, granted)).statusCode, 200);
  const used = async () => (await auth.redisClient().keys('{dpop}:auth:*')).length;
  const before = await used();
  isRefused(t, await redeemAs(thief, granted, WEB_APP, asWebApp), 'invalid_grant');
  isRefused(t, await redeemAs(thief, granted), 'invalid_grant');
  t.equal(await used(), before);
});

t.test('the thumbprint must be one: another one goes back to the client as an error', async (t) => {
  for (const jkt of ['short', `${owner.jkt}A`, `${owner.jkt.slice(1)}+`]) {
    const { response } = await openPage(
      app,
      authorizationRequest(newVerifier().challenge, { dpop_jkt: jkt }),
    );
    t.equal(response.statusCode, 303);
    t.match(parametersOf(response.headers.location), {
      error: 'invalid_request',
      error_description: /dpop_jkt/,
    });
  }
});

t.test('a code that is redeemed with a proof binds the session of a public client', async (t) => {
  const first = (await redeemAs(owner, await authorize(app))).json();
  const plain = { grant_type: 'refresh_token', client_id: 'swagger-ui', refresh_token: first.refresh_token };
  isRefused(t, await postForm(app, '/oauth/token', plain), 'invalid_grant');
  isRefused(t, await refreshAs(thief, first.refresh_token), 'invalid_grant');
  const second = await refreshAs(owner, first.refresh_token);
  t.match(second.json(), { token_type: 'DPoP' });
  const { access_token: accessToken } = second.json();
  const userinfo = await owner.get('/oauth/userinfo', { accessToken });
  t.match(userinfo.json(), { preferred_username: 'admin' });
  t.equal((await get(app, '/oauth/userinfo', accessToken)).statusCode, 401);
});

t.test('a refused proof at a resource is 401, in the form of RFC 6749', async (t) => {
  const { access_token: accessToken } = (await redeemAs(owner, await authorize(app))).json();
  const refused = await owner.get('/oauth/userinfo', { accessToken, proof: null });
  t.equal(refused.statusCode, 401);
  t.match(refused.json(), { error: 'invalid_dpop_proof' });
  t.match(refused.headers['www-authenticate'], /^DPoP error="invalid_dpop_proof"/);
});

t.test(
  'the refresh tokens of a confidential client are bound to its authentication, not to a key',
  async (t) => {
    const granted = await authorize(app, { ...WEB_APP, scope: 'customers:read' });
    const first = (await redeemAs(owner, granted, WEB_APP, asWebApp)).json();
    t.strictSame(decodeJwt(first.access_token).cnf, { jkt: owner.jkt });
    const second = (await refreshAs(thief, first.refresh_token, WEB_APP, asWebApp)).json();
    t.equal(second.token_type, 'DPoP');
    t.strictSame(decodeJwt(second.access_token).cnf, { jkt: thief.jkt }, 'the key of that request');
    const third = await refreshAs(owner, second.refresh_token, WEB_APP, { ...asWebApp, proof: null });
    t.match(third.json(), { token_type: 'Bearer' });
  },
);

t.test('a client that acts for itself gets a token that is bound to its key', async (t) => {
  const response = await owner.postForm('/oauth/token', { grant_type: 'client_credentials' }, asWebApp);
  t.match(response.json(), { token_type: 'DPoP' });
  t.strictSame(decodeJwt(response.json().access_token).cnf, { jkt: owner.jkt });
});

t.test('a wrong proof is a 400 of RFC 6749, and consumes no code', async (t) => {
  const granted = await authorize(app);
  const used = owner.prove('POST', '/oauth/token');
  await owner.postForm('/oauth/token', { grant_type: 'client_credentials' }, { ...asWebApp, proof: used });
  for (const proof of ['', used, owner.prove('GET', '/oauth/token'), owner.prove('POST', '/auth/login')]) {
    isRefused(t, await redeemAs(owner, granted, {}, { proof }), 'invalid_dpop_proof');
  }
  const withoutNonce = owner.prove('POST', '/oauth/token', { claims: { nonce: undefined } });
  const refused = await redeemAs(owner, granted, {}, { proof: withoutNonce });
  isRefused(t, refused, 'use_dpop_nonce');
  const proof = owner.prove('POST', '/oauth/token', { claims: { nonce: refused.headers['dpop-nonce'] } });
  t.equal((await redeemAs(owner, granted, {}, { proof })).statusCode, 200);
});

t.test('a client that was added with --dpop gets no Bearer tokens', async (t) => {
  const id = 'bound-app';
  const client = { client_id: id, redirect_uri: APP_REDIRECT, scope: 'customers:read' };
  await addClient(config.DATABASE_URL, {
    id,
    isPublic: true,
    grants: ['authorization_code', 'refresh_token'],
    dpopBoundAccessTokens: true,
  });
  const granted = await authorize(app, client);
  isRefused(t, await redeem(app, granted, client), 'invalid_dpop_proof');
  const tokens = (await redeemAs(owner, granted, client)).json();
  t.equal(tokens.token_type, 'DPoP');
  const plain = { grant_type: 'refresh_token', client_id: id, refresh_token: tokens.refresh_token };
  isRefused(t, await postForm(app, '/oauth/token', plain), 'invalid_dpop_proof');
  t.equal((await refreshAs(owner, tokens.refresh_token, client)).statusCode, 200);

  const machine = await addClient(config.DATABASE_URL, {
    id: 'bound-machine',
    grants: ['client_credentials'],
    redirectUris: [],
    dpopBoundAccessTokens: true,
  });
  const headers = basic('bound-machine', machine);
  const form = { grant_type: 'client_credentials' };
  isRefused(t, await postForm(app, '/oauth/token', form, headers), 'invalid_dpop_proof');
  t.match((await owner.postForm('/oauth/token', form, { headers })).json(), { token_type: 'DPoP' });
});

t.test('with REQUIRE_DPOP no grant issues a Bearer token', async (t) => {
  const strict = await auth.another({ REQUIRE_DPOP: 'true' });
  const granted = await authorize(strict);
  isRefused(t, await redeem(strict, granted), 'invalid_dpop_proof');
  const form = { grant_type: 'client_credentials' };
  isRefused(t, await postForm(strict, '/oauth/token', form, asWebApp.headers), 'invalid_dpop_proof');
  t.match((await redeemAs(owner, granted, {}, { via: strict })).json(), { token_type: 'DPoP' });
});

t.test('introspection shows the key of a bound token; revocation and it need no proof', async (t) => {
  const api = { id: 'asking-api', grants: [], redirectUris: [], scopes: [], mayIntrospect: true };
  const headers = basic(api.id, await addClient(config.DATABASE_URL, api));
  const introspect = async (token: string) =>
    (await postForm(app, '/oauth/introspect', { token }, headers)).json();
  const bound = (await redeemAs(owner, await authorize(app))).json();
  t.match(await introspect(bound.access_token), {
    active: true,
    token_type: 'DPoP',
    cnf: { jkt: owner.jkt },
  });
  const unbound = await introspect((await login(app)).access_token);
  t.match(unbound, { active: true, token_type: 'Bearer' });
  t.notOk('cnf' in unbound);
  const revoke = { token: bound.refresh_token, client_id: 'swagger-ui' };
  t.equal((await postForm(app, '/oauth/revoke', revoke)).statusCode, 200);
  isRefused(t, await refreshAs(owner, bound.refresh_token), 'invalid_grant');
});

t.test('the metadata names the algorithm of proofs (RFC 9449 §5.1)', async (t) => {
  const metadata = (await get(app, '/.well-known/oauth-authorization-server')).json();
  t.strictSame(metadata.dpop_signing_alg_values_supported, ['ES256']);
});

t.test('a session of a client is bound to the same key at /auth/refresh', async (t) => {
  const tokens = (
    await owner.post('/auth/login', { username: 'admin', password: 'the password of the admin' })
  ).json();
  const form = { client_id: 'first-party' };
  isRefused(t, await refreshAs(thief, tokens.refresh_token, form), 'invalid_grant');
  const second = (await refreshAs(owner, tokens.refresh_token, form)).json();
  t.match(second, { token_type: 'DPoP' });
  t.equal((await post(app, '/auth/refresh', { refresh_token: second.refresh_token })).statusCode, 401);
});
