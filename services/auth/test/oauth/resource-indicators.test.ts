import { decodeJwt } from 'jose';
import t from 'tap';
import { requireKnownResources } from '../../src/oauth/resource-indicators.ts';
import { startAuth } from '../support/auth-under-test.ts';
import { addClient, basic } from '../support/clients.ts';
import {
  authorizationRequest,
  authorize,
  form,
  newVerifier,
  parametersOf,
  postForm,
  redeem,
  submit,
} from '../support/oauth.ts';

const AUDIENCE = 'https://api.example.com/v1';
const { app, config } = await startAuth(t, { AUDIENCE });
const { ISSUER } = config;
const secret = await addClient(config.DATABASE_URL, { grants: ['client_credentials'], redirectUris: [] });

const KNOWN = [
  ISSUER,
  `${ISSUER}/`,
  `${ISSUER}/customers`,
  `${ISSUER}/mcp?tenant=1`,
  ISSUER.replace('http://localhost', 'HTTP://LOCALHOST'),
  AUDIENCE,
  `${AUDIENCE}/`,
  `${AUDIENCE}/customers/%C3%A9`,
  'https://api.example.com:443/v1/x',
  `${ISSUER}/${'x'.repeat(2_048 - ISSUER.length - 1)}`,
];
const UNKNOWN = [
  'x',
  '/customers',
  'customers',
  'urn:example:customers',
  'https://api.example.com',
  'https://api.example.com/',
  'https://api.example.com/v10',
  'https://api.example.com/v1/../v2',
  'https://api.example.com/v1/%2e%2e/v2',
  'http://api.example.com/v1',
  'https://api.example.com:444/v1',
  'https://api.example.com.evil.example/v1',
  'https://api.example.com@evil.example/v1',
  'https://user:password@api.example.com/v1',
  `${ISSUER}1`,
  `${ISSUER}#`,
  `${ISSUER}/customers#one`,
  `${AUDIENCE}#x`,
  ISSUER.replace('//', ''),
  ISSUER.replaceAll('/', '\\'),
  ` ${ISSUER}`,
  `${ISSUER}/a b`,
  `${ISSUER}/\n`,
  `${ISSUER}/é`,
  'http://[',
  `${ISSUER}/${'x'.repeat(2_048 - ISSUER.length)}`,
];

/** A request of two resources, if both are given. */
const tokenFor = (...resources: string[]) =>
  postForm(
    app,
    '/oauth/token',
    [['grant_type', 'client_credentials'], ...resources.map((one): [string, string] => ['resource', one])],
    basic('web-app', secret),
  );

const authorizeFor = (...resources: string[]) => {
  const query = Object.entries(authorizationRequest(newVerifier().challenge));
  const url = `/oauth/authorize?${form([...query, ...resources.map((one): [string, string] => ['resource', one])])}`;
  return app.inject(url);
};

t.test('a resource is the issuer, the audience or a URL below: the token is the same', async (t) => {
  for (const resources of [...KNOWN.map((one) => [one]), KNOWN.slice(0, 5), ['']]) {
    const about = resources.join(' ').slice(0, 80);
    const response = await tokenFor(...resources);
    t.equal(response.statusCode, 200, about);
    t.equal(decodeJwt(response.json().access_token).aud, AUDIENCE);
    t.equal((await authorizeFor(...resources)).statusCode, 200, about);
  }
});

t.test('any other resource is invalid_target, alone and beside a good one (RFC 8707 §2)', async (t) => {
  for (const resource of UNKNOWN) {
    const about = resource.slice(0, 80);
    for (const resources of [[resource], [ISSUER, resource], [resource, ISSUER]]) {
      const response = await tokenFor(...resources);
      t.equal(response.statusCode, 400, about);
      t.same(Object.keys(response.json()), ['error', 'error_description']);
      t.equal(response.json().error, 'invalid_target', about);
      const redirect = await authorizeFor(...resources);
      t.equal(redirect.statusCode, 303, about);
      t.match(
        parametersOf(redirect.headers.location),
        { error: 'invalid_target', state: 'the state', iss: ISSUER },
        about,
      );
    }
  }
});

t.test('a wrong resource does not use up the code or the refresh token', async (t) => {
  const granted = await authorize(app, { resource: ISSUER });
  const wrong = await redeem(app, granted, { resource: 'https://other.example.com' });
  t.match(wrong.json(), { error: 'invalid_target' });
  const tokens = await redeem(app, granted, { resource: `${ISSUER}/customers` });
  t.equal(tokens.statusCode, 200);
  const { refresh_token } = tokens.json();
  const refresh = { grant_type: 'refresh_token', client_id: 'swagger-ui', refresh_token };
  const refused = await postForm(app, '/oauth/token', { ...refresh, resource: 'x' });
  t.match(refused.json(), { error: 'invalid_target' });
  t.equal((await postForm(app, '/oauth/token', { ...refresh, resource: AUDIENCE })).statusCode, 200);
});

t.test('no other parameter may occur twice, nor may resource at the other endpoints', async (t) => {
  const twice: [string, string][] = [
    ['resource', ISSUER],
    ['resource', ISSUER],
  ];
  for (const [name, value] of [
    ['grant_type', 'client_credentials'],
    ['scope', ''],
    ['unknown', ''],
  ] as const) {
    const again: [string, string][] = Array(2).fill([name, value]);
    const fields: [string, string][] = [['grant_type', 'client_credentials'], ...twice, ...again];
    const response = await postForm(app, '/oauth/token', fields, basic('web-app', secret));
    t.equal(response.json().error, 'invalid_request', name);
  }
  for (const url of ['/oauth/revoke', '/oauth/introspect', '/oauth/userinfo']) {
    const response = await postForm(app, url, [['token', 'x'], ...twice], basic('web-app', secret));
    t.not(response.statusCode, 200, url);
  }
  const revocation = await postForm(
    app,
    '/oauth/revoke',
    [['token', 'x'], ...twice],
    basic('web-app', secret),
  );
  t.match(revocation.json(), { error: 'invalid_request' });
  const page = { fields: { ...authorizationRequest(newVerifier().challenge), resource: 'x' }, cookie: '' };
  t.match(parametersOf((await submit(app, page)).headers.location), { error: 'invalid_target' });
});

t.test('an audience that is no URL is a resource too, and has nothing below', async (t) => {
  const recipients = { issuer: ISSUER, audience: 'urn:example:customers' };
  t.doesNotThrow(() => requireKnownResources([recipients.audience, ISSUER], recipients));
  t.throws(() => requireKnownResources([`${recipients.audience}/x`], recipients), { code: 'invalid_target' });
});
