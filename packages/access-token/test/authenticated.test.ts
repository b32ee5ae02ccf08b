import { openapi } from '@pair/service-kit';
import { mintClaims } from '@pair/test-kit';
import t from 'tap';
import { asUser, securitySchemes, withScope } from '../src/index.ts';
import { guardedProcess, ready } from './support/guarded-process.ts';

const guarded = await guardedProcess(t, {
  routes: async (app) => {
    await app.register(openapi, {
      title: 'Test',
      description: 'Test',
      version: '1.2.3',
      prefix: '/docs/test',
      securitySchemes,
      scopes: [],
      tags: [],
    });
    app.get('/open', async () => 'open');
    await app.register(
      withScope('customers:read', async (routes) => {
        routes.get(
          '/read',
          { schema: { summary: 'Read', response: { 200: { description: 'It', type: 'object' } } } },
          async (request) => ({ sub: request.claims.sub }),
        );
        routes.head('/head', async () => undefined);
        await routes.register(async (nested) => {
          nested.get('/nested', async () => 'nested');
        });
      }),
    );
    await app.register(
      withScope('customers:write', async (routes) => {
        routes.post('/write', async () => 'written');
      }),
    );
    await app.register(
      asUser(async (routes) => {
        routes.get('/me', { schema: { response: { 401: { description: 'By route' } } } }, async () => 'me');
      }),
    );
  },
});
await ready(guarded);
const { app, key } = guarded;

async function send(method: 'GET' | 'HEAD' | 'POST', url: string, scope: string) {
  const authorization = `Bearer ${await key.sign(mintClaims({ scope }))}`;
  return app.inject({ method, url, headers: { authorization } });
}

t.test('a token with the scope is accepted, whether it has others too', async (t) => {
  for (const scope of ['customers:read', 'customers:write customers:read users:admin']) {
    t.equal((await send('GET', '/read', scope)).statusCode, 200);
    t.equal((await send('HEAD', '/read', scope)).statusCode, 200);
    t.equal((await send('GET', '/nested', scope)).statusCode, 200);
  }
});

t.test('a token without the scope is 403, and the answer names the missing scope', async (t) => {
  for (const scope of [
    '',
    ' ',
    'customers:write',
    'customers',
    'customers:reader',
    'Customers:read',
    'xcustomers:read',
  ]) {
    const response = await send('GET', '/read', scope);
    t.equal(response.statusCode, 403, scope);
    t.equal(response.json().code, 'insufficient_scope');
    t.equal(
      response.headers['www-authenticate'],
      'Bearer error="insufficient_scope", scope="customers:read"',
    );
    t.equal((await send('GET', '/nested', scope)).statusCode, 403, `${scope}: nested`);
  }
});

t.test('the scope of a cached token is checked for each route', async (t) => {
  const headers = { authorization: `Bearer ${await key.sign(mintClaims({ scope: 'customers:read' }))}` };
  t.equal((await app.inject({ url: '/read', headers })).statusCode, 200);
  t.equal((await app.inject({ method: 'POST', url: '/write', headers })).statusCode, 403);
});

t.test('asUser takes any token of a user, and no token of a client that acts for itself', async (t) => {
  t.equal((await send('GET', '/me', '')).statusCode, 200);
  t.equal((await app.inject('/me')).statusCode, 401);
  const { sid: _, ...ofClient } = mintClaims({ sub: 'reports', client_id: 'reports' });
  const headers = { authorization: `Bearer ${await key.sign(ofClient)}` };
  const refused = await app.inject({ url: '/me', headers });
  t.match(refused.json(), { status: 403, code: 'user_required' });
  t.match(refused.headers['www-authenticate'], /^Bearer error="insufficient_scope", error_description="/);
  t.equal((await app.inject({ url: '/read', headers })).statusCode, 200);
});

t.test('every route inside withScope and asUser needs a token, and routes outside need none', async (t) => {
  t.equal((await app.inject({ method: 'HEAD', url: '/head' })).statusCode, 401);
  for (const url of ['/read', '/nested', '/me']) {
    t.equal((await app.inject(url)).statusCode, 401, url);
    t.equal((await app.inject({ method: 'HEAD', url })).statusCode, 401, `HEAD ${url}`);
  }
  t.equal(
    (await app.inject({ method: 'POST', url: '/write', payload: '{' })).statusCode,
    401,
    'before the body',
  );
  t.equal((await app.inject('/open')).statusCode, 200);
});

t.test('a handler sees the claims of the token', async (t) => {
  const claims = mintClaims();
  const authorization = `Bearer ${await key.sign(claims)}`;
  t.same((await app.inject({ url: '/', headers: { authorization } })).json(), claims);
});

t.test('OpenAPI shows which routes need a token, and their errors', async (t) => {
  const { paths } = (await app.inject('/docs/test/json')).json();
  t.same(paths['/read'].get.security, [{ oauth2: ['customers:read'] }, { bearerAuth: [] }, { dpopAuth: [] }]);
  t.same(Object.keys(paths['/read'].get.responses).sort(), [
    '200',
    '400',
    '401',
    '403',
    '406',
    '415',
    '417',
    '429',
    '500',
    '503',
  ]);
  t.equal(paths['/read'].get.summary, 'Read', "the route's own schema stays");
  t.same(paths['/nested'].get.security, [
    { oauth2: ['customers:read'] },
    { bearerAuth: [] },
    { dpopAuth: [] },
  ]);
  t.same(Object.keys(paths['/me'].get.responses).sort(), [
    '400',
    '401',
    '403',
    '415',
    '417',
    '429',
    '500',
    '503',
  ]);
  t.equal(paths['/me'].get.responses['401'].description, 'By route', "the route's own description wins");
  t.same(paths['/open'].get.security, [], 'a route outside needs no token');
});
