import { randomBytes } from 'node:crypto';
import { waitFor } from '@pair/test-kit';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import t from 'tap';
import { addClient, sharedSystem } from './support/system.ts';

/**
 * Runs two independent OAuth libraries with only the addresses of the issuer and of the API. Here they must be allowed
 * plain HTTP, and nothing else.
 */
const system = await sharedSystem(t);
const issuer = new URL(system.url);
const REDIRECT_URI = 'http://127.0.0.1/callback';
const SCOPE = 'customers:read customers:write';

await addClient(
  t,
  system,
  'native-app',
  ...['--public', '--redirect-uri', REDIRECT_URI],
  ...['--grant', 'authorization_code', '--grant', 'refresh_token'],
  ...['--scope', 'customers:read', '--scope', 'customers:write'],
);
const machineSecret = await addClient(
  t,
  system,
  'machine',
  ...['--grant', 'client_credentials', '--scope', 'customers:read', '--introspect'],
);

/** Signs in as a browser does. Resolves with the address of the redirect. */
async function signIn(authorizationUrl: URL): Promise<URL> {
  const answer = await submitForm(authorizationUrl);
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`sign in: ${answer.status} ${await answer.text()}`);
  return new URL(location);
}

async function submitForm(authorizationUrl: URL): Promise<Response> {
  const page = await fetch(authorizationUrl);
  const hidden = (await page.text()).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  const decode = (text: string) =>
    text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
  const fields = Object.fromEntries([...hidden].map(([, name = '', value = '']) => [name, decode(value)]));
  return fetch(new URL('/oauth/authorize', authorizationUrl), {
    method: 'POST',
    body: new URLSearchParams({ ...fields, ...system.admin }),
    headers: { cookie: (page.headers.get('set-cookie') ?? '').replace(/;.*/, '') },
    redirect: 'manual',
  });
}

const http = { [oauth.allowInsecureRequests]: true } as const;

t.test('the longest accepted state comes back through the gateway', async (t) => {
  const redirectUri = `https://app.example.com/${'x'.repeat(1_976)}`;
  const client = ['--public', '--grant', 'authorization_code', '--scope', 'customers:read'];
  await addClient(t, system, 'long-app', ...client, '--redirect-uri', redirectUri);
  const url = new URL('/oauth/authorize', issuer);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: 'long-app',
    redirect_uri: redirectUri,
    state: '('.repeat(1_365),
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  }).toString();
  t.equal((await signIn(url)).searchParams.get('state'), '('.repeat(1_365));

  // percent-encoded in a redirect this state is three times as long, and too long for the gateway
  const response = await fetch(`${url}&scope=bad&`.replace(/state=[^&]*/, `state=${'('.repeat(3_000)}`), {
    redirect: 'manual',
  });
  t.equal(response.status, 303);
  t.match(response.headers.get('location'), /error=invalid_request/);
});

t.test('oauth4webapi: from discovery to revocation', async (t) => {
  const resourceUrl = new URL(system.url);
  const resource = await oauth
    .resourceDiscoveryRequest(resourceUrl, http)
    .then((response) => oauth.processResourceDiscoveryResponse(resourceUrl, response));
  t.equal(resource.authorization_servers?.[0], system.url);
  const as = await oauth
    .discoveryRequest(issuer, { algorithm: 'oauth2', ...http })
    .then((response) => oauth.processDiscoveryResponse(issuer, response));

  const client: oauth.Client = { client_id: 'native-app' };
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint ?? '');
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();
  const parameters = oauth.validateAuthResponse(as, client, await signIn(url), state);
  const tokens = await oauth
    .authorizationCodeGrantRequest(as, client, oauth.None(), parameters, REDIRECT_URI, verifier, http)
    .then((response) => oauth.processAuthorizationCodeResponse(as, client, response));
  t.equal(tokens.scope, SCOPE);

  const request = (token: string) =>
    oauth.protectedResourceRequest(
      token,
      'GET',
      new URL('/customers?n=5', system.url),
      undefined,
      undefined,
      http,
    );
  t.equal((await request(tokens.access_token)).status, 200);
  const claims = await oauth.validateJwtAccessToken(
    as,
    new Request(new URL('/customers', system.url), {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    }),
    resource.resource,
    http,
  );
  t.match(claims, { iss: system.url, client_id: 'native-app' }, 'validateJwtAccessToken');

  const refreshed = await oauth
    .refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token ?? '', http)
    .then((response) => oauth.processRefreshTokenResponse(as, client, response));

  const machine: oauth.Client = { client_id: 'machine' };
  const authentication = oauth.ClientSecretBasic(machineSecret);
  const introspect = (token: string) =>
    oauth
      .introspectionRequest(as, machine, authentication, token, http)
      .then((response) => oauth.processIntrospectionResponse(as, machine, response));
  t.match(await introspect(refreshed.access_token), { active: true, client_id: 'native-app', scope: SCOPE });
  await oauth
    .revocationRequest(as, client, oauth.None(), refreshed.refresh_token ?? '', http)
    .then(oauth.processRevocationResponse);
  t.same(await introspect(refreshed.refresh_token ?? ''), { active: false });

  const own = await oauth
    .clientCredentialsGrantRequest(as, machine, oauth.ClientSecretPost(machineSecret), {}, http)
    .then((response) => oauth.processClientCredentialsResponse(as, machine, response));
  t.equal((await request(own.access_token)).status, 200, 'client credentials');

  const stolen = oauth.authorizationCodeGrantRequest(
    as,
    client,
    oauth.None(),
    parameters,
    REDIRECT_URI,
    oauth.generateRandomCodeVerifier(),
    http,
  );
  const processed = stolen.then((response) => oauth.processAuthorizationCodeResponse(as, client, response));
  t.match(await processed.catch((error) => error), { error: 'invalid_grant', status: 400 });
  const ended = oauth
    .refreshTokenGrantRequest(as, client, oauth.None(), refreshed.refresh_token ?? '', http)
    .then((response) => oauth.processRefreshTokenResponse(as, client, response));
  t.match(await ended.catch((error) => error), { error: 'invalid_grant', status: 400 });
});

t.test('oauth4webapi: a session that is bound to a key', async (t) => {
  const as = await oauth
    .discoveryRequest(issuer, { algorithm: 'oauth2', ...http })
    .then((response) => oauth.processDiscoveryResponse(issuer, response));
  t.same(as.dpop_signing_alg_values_supported, ['ES256']);
  const client: oauth.Client = { client_id: 'native-app' };
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const bound = { ...http, DPoP };
  /** The first request has no nonce: the library reads it from the refusal. */
  const withNonce = <T>(request: () => Promise<T>): Promise<T> =>
    request().catch((error) => (oauth.isDPoPNonceError(error) ? request() : Promise.reject(error)));

  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(as.authorization_endpoint ?? '');
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    dpop_jkt: await DPoP.calculateThumbprint(),
  }).toString();
  const parameters = oauth.validateAuthResponse(as, client, await signIn(url), oauth.expectNoState);
  const tokens = await withNonce(() =>
    oauth
      .authorizationCodeGrantRequest(as, client, oauth.None(), parameters, REDIRECT_URI, verifier, bound)
      .then((response) => oauth.processAuthorizationCodeResponse(as, client, response)),
  );
  t.equal(tokens.token_type, 'dpop');

  const list = new URL('/customers?n=5', system.url);
  const read = (options: oauth.ProtectedResourceRequestOptions) =>
    oauth.protectedResourceRequest(tokens.access_token, 'GET', list, undefined, undefined, options);
  t.equal((await withNonce(() => read(bound))).status, 200);
  const refusal = (request: Promise<unknown>) => request.catch((error) => error);
  t.match(await refusal(read(http)), { status: 401 }, 'a bound token is no Bearer token');
  const ofThief = { ...http, DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')) };
  t.match(await refusal(withNonce(() => read(ofThief))), { status: 401 });

  const refresh = (options: oauth.TokenEndpointRequestOptions) =>
    oauth
      .refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token ?? '', options)
      .then((response) => oauth.processRefreshTokenResponse(as, client, response));
  t.match(await refusal(withNonce(() => refresh(ofThief))), { error: 'invalid_grant', status: 400 });
  t.equal((await withNonce(() => refresh(bound))).token_type, 'dpop');
});

t.test('openid-client: a session that is bound to a key', async (t) => {
  const execute = [openid.allowInsecureRequests];
  const config = await openid.discovery(issuer, 'native-app', undefined, openid.None(), { execute });
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    dpop_jkt: await DPoP.calculateThumbprint(),
  });
  const checks = { pkceCodeVerifier };
  const tokens = await openid.authorizationCodeGrant(config, await signIn(url), checks, undefined, { DPoP });
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP });
  const list = await openid.fetchProtectedResource(
    config,
    refreshed.access_token,
    new URL('/customers?n=5', system.url),
    'GET',
    undefined,
    undefined,
    { DPoP },
  );
  t.equal(list.status, 200);
});

t.test('openid-client: from discovery to revocation', async (t) => {
  const discover = (clientId: string, authentication: openid.ClientAuth) =>
    openid.discovery(issuer, clientId, undefined, authentication, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    });
  const config = await discover('native-app', openid.None());
  const redirectUri = `http://127.0.0.1:${20_000 + (randomBytes(2).readUInt16BE() % 20_000)}/callback`;
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: SCOPE,
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const tokens = await openid.authorizationCodeGrant(config, await signIn(url), {
    pkceCodeVerifier,
    expectedState,
  });
  t.equal(tokens.scope, SCOPE);
  const list = await openid.fetchProtectedResource(
    config,
    tokens.access_token,
    new URL('/customers?n=5', system.url),
    'GET',
  );
  t.equal(list.status, 200);
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');

  const machine = await discover('machine', openid.ClientSecretBasic(machineSecret));
  t.match(await openid.tokenIntrospection(machine, refreshed.access_token), { active: true });
  await openid.tokenRevocation(config, refreshed.access_token);
  await waitFor(async () => !(await openid.tokenIntrospection(machine, refreshed.access_token)).active);
  t.match(await openid.tokenIntrospection(machine, refreshed.refresh_token ?? ''), { active: true });
  await openid.tokenRevocation(config, refreshed.refresh_token ?? '');
  t.match(await openid.tokenIntrospection(machine, refreshed.refresh_token ?? ''), { active: false });

  const own = await openid.clientCredentialsGrant(machine, { scope: 'customers:read' });
  t.equal(own.scope, 'customers:read');
  const wider = openid.clientCredentialsGrant(machine, { scope: 'users:admin' });
  t.match(await wider.catch((error) => error), { error: 'invalid_scope' });
});

t.test('openid-client: discovery at the address of OpenID Connect, resources, and the user', async (t) => {
  const execute = [openid.allowInsecureRequests];
  const config = await openid.discovery(issuer, 'native-app', undefined, openid.None(), { execute });
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  for (const path of ['', '/customers']) url.searchParams.append('resource', system.url + path);
  const resource = `${system.url}/customers`;
  const tokens = await openid.authorizationCodeGrant(
    config,
    await signIn(url),
    { pkceCodeVerifier },
    { resource },
  );
  const [, claims = ''] = tokens.access_token.split('.');
  const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  t.same(await openid.fetchUserInfo(config, tokens.access_token, sub), {
    sub,
    preferred_username: system.admin.username,
  });
  url.searchParams.append('resource', 'https://other.example.com');
  t.equal((await fetch(url, { redirect: 'manual' })).status, 303, 'invalid_target');
});
