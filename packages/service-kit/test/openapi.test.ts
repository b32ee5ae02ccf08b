import t, { type Test } from 'tap';
import { Type } from 'typebox';
import { openapi, problemResponses } from '../src/index.ts';
import { startedProcess } from './support/process.ts';

async function started(t: Test) {
  const service = (name: string) => async (app: import('fastify').FastifyInstance) => {
    await app.register(openapi, { title: name, description: `The ${name}.`, prefix: `/docs/${name}` });
    const response = { 200: Type.Object({ id: Type.String() }), ...problemResponses(404, 503) };
    app.get(
      `/${name}/:id`,
      { schema: { params: Type.Object({ id: Type.String() }), response } },
      async () => ({
        id: '1',
      }),
    );
  };
  const { app } = await startedProcess(t, [service('things'), service('others')]);
  return app;
}

t.test('each service has its own OpenAPI 3.1 document, with the routes of no other', async (t) => {
  const app = await started(t);
  for (const [name, other] of [
    ['things', 'others'],
    ['others', 'things'],
  ]) {
    const document = (await app.inject(`/docs/${name}/json`)).json();
    t.equal(document.openapi, '3.1.0');
    t.equal(document.info.title, name);
    t.same(Object.keys(document.paths), [`/${name}/{id}`]);
    t.same(document.components.securitySchemes.bearerAuth, {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
    });
    t.same(document.servers, [{ url: '/' }], 'true behind any host and port');
    t.notMatch(JSON.stringify(document), other);
  }
});

t.test('problems are documented once and referred to', async (t) => {
  const app = await started(t);
  const document = (await app.inject('/docs/things/json')).json();
  t.match(document.components.schemas.Problem, { type: 'object', properties: { code: {}, request_id: {} } });
  t.same(document.paths['/things/{id}'].get.responses['404'].content, {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  });
});

t.test('every reference in a document leads somewhere', async (t) => {
  const app = await started(t);
  const document = (await app.inject('/docs/things/json')).json();
  const references = JSON.stringify(document).match(/"\$ref":"([^"]+)"/g) ?? [];
  t.ok(references.length > 0);
  for (const reference of references) {
    const path = JSON.parse(`{${reference}}`).$ref.split('/').slice(1);
    t.ok(
      path.reduce((node: Record<string, unknown> | undefined, name: string) => node?.[name], document),
      reference,
    );
  }
});

t.test('Swagger UI is served with a policy of its own, and keeps the token over a reload', async (t) => {
  const app = await started(t);
  const page = await app.inject('/docs/things');
  t.equal(page.statusCode, 200);
  t.match(page.headers['content-type'], /text\/html/);
  t.match(page.headers['content-security-policy'], /default-src 'self'/);
  t.match(
    (await app.inject('/docs/things/static/swagger-initializer.js')).body,
    /"persistAuthorization":\s*true/,
  );
  t.equal((await app.inject('/docs/things/static/swagger-ui.css')).statusCode, 200);
});
