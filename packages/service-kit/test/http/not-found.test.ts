import t, { type Test } from 'tap';
import { startedProcess } from '../support/process.ts';

async function started(t: Test, config: { CORS_ORIGINS?: string[] } = {}) {
  const { app } = await startedProcess(
    t,
    [
      async (app) => {
        app.get('/things', async () => 'list');
        app.post('/things', async () => 'made');
        app.route({ method: ['PUT', 'PATCH'], url: '/things/:id', handler: async () => 'changed' });
        app.delete('/things/:id', async () => 'gone');
      },
      async (app) => {
        app.get('/others/*', async () => 'file');
        app.get('/files/*', async (_request, reply) => reply.callNotFound());
      },
    ],
    config,
  );
  return app;
}

t.test('an unknown path is 404 as a problem, with the path but not the query', async (t) => {
  const app = await started(t);
  for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
    const response = await app.inject({ method, url: '/thing?token=hunter2' });
    t.match(response.json(), { status: 404, code: 'not_found', instance: '/thing' }, method);
    t.notMatch(response.body, /hunter2/);
    t.match(response.headers['content-type'], /^application\/problem\+json/);
  }
  t.equal((await app.inject('/livez/')).statusCode, 404, 'a trailing slash makes another path');
});

t.test('a route that finds nothing is 404, not 405', async (t) => {
  const app = await started(t);
  for (const method of ['GET', 'HEAD'] as const) {
    t.equal((await app.inject({ method, url: '/files/nope' })).statusCode, 404);
  }
  t.equal((await app.inject({ method: 'POST', url: '/files/nope' })).statusCode, 405);
});

t.test('a path that exists for other methods is 405 and names them', async (t) => {
  const app = await started(t);
  const cases: [method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH', url: string, allow: string[]][] = [
    ['DELETE', '/things', ['GET', 'HEAD', 'OPTIONS', 'POST']],
    ['PUT', '/things?n=1', ['GET', 'HEAD', 'OPTIONS', 'POST']],
    ['GET', '/things/1', ['DELETE', 'OPTIONS', 'PATCH', 'PUT']],
    ['POST', '/things/%20', ['DELETE', 'OPTIONS', 'PATCH', 'PUT']],
    ['POST', '/others/a/b', ['GET', 'HEAD', 'OPTIONS']],
    ['POST', '/livez', ['GET', 'HEAD', 'OPTIONS']],
  ];
  for (const [method, url, allow] of cases) {
    const response = await app.inject({ method, url });
    t.match(response.json(), { status: 405, code: 'method_not_allowed' }, `${method} ${url}`);
    t.same(String(response.headers.allow).split(', ').sort(), allow);
  }
});

t.test('OPTIONS names the methods of a path, with and without allowed origins', async (t) => {
  for (const CORS_ORIGINS of [[], ['https://app.example']]) {
    const app = await started(t, { CORS_ORIGINS });
    for (const headers of [
      {},
      { origin: 'https://app.example' },
      { 'access-control-request-method': 'GET' },
    ]) {
      const response = await app.inject({ method: 'OPTIONS', url: '/things/1', headers });
      t.equal(response.statusCode, 204, JSON.stringify(headers));
      t.same(String(response.headers.allow).split(', ').sort(), ['DELETE', 'OPTIONS', 'PATCH', 'PUT']);
    }
    t.equal((await app.inject({ method: 'OPTIONS', url: '/nothing' })).statusCode, 404);
  }
});

t.test('HEAD works on every route of GET, without a body', async (t) => {
  const app = await started(t);
  const response = await app.inject({ method: 'HEAD', url: '/things' });
  t.match(response, { statusCode: 200, body: '' });
});
