import t, { type Test } from 'tap';
import { Type } from 'typebox';
import { openapi, Problem, unavailable } from '../../src/index.ts';
import { startedProcess } from '../support/process.ts';

const securitySchemes = { bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } as const;
const notFound = () => new Problem(404, 'customer_not_found', 'There is no such thing.');

async function started(t: Test) {
  const service = (name: string) => async (app: import('fastify').FastifyInstance) => {
    await app.register(openapi, {
      title: name,
      description: `The ${name}.`,
      version: '1.2.3',
      prefix: `/docs/${name}`,
      securitySchemes,
      scopes: [],
      tags: [],
    });
    const params = Type.Object({ id: Type.String({ examples: ['seven'] }) });
    const response = { 200: Type.Object({ id: Type.String() }) };
    const config = { problems: [notFound, unavailable] };
    app.get(`/${name}/:id`, { schema: { params, response }, config }, async () => ({ id: '1' }));
    const body = Type.Object({ id: Type.String() });
    const schema = { params, body, response: { 204: Type.Null() } };
    app.post(`/${name}/:id`, { schema }, async (_request, reply) => reply.code(204).send());
  };
  const { app } = await startedProcess(t, [service('things'), service('others')]);
  return app;
}

t.test('each service has its own OpenAPI 3.1 document, with its own routes only', async (t) => {
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
    t.same(document.servers, [{ url: '/' }], 'the document is right behind any host and port');
    t.notMatch(JSON.stringify(document), other);
  }
});

t.test('problems have one schema, and each thrown problem is an example', async (t) => {
  const app = await started(t);
  const document = (await app.inject('/docs/things/json')).json();
  t.match(document.components.schemas.Problem, { type: 'object', properties: { code: {}, request_id: {} } });
  t.same(document.paths['/things/{id}'].get.responses['404'].content, {
    'application/problem+json': {
      schema: { $ref: '#/components/schemas/Problem' },
      examples: {
        customer_not_found: {
          value: {
            type: 'about:blank',
            title: 'Not Found',
            status: 404,
            code: 'customer_not_found',
            detail: 'There is no such thing.',
            instance: '/things/seven',
            request_id: '4f6d1c0a9b3e4d7f8a2b5c6d7e8f9a0b',
          },
        },
      },
    },
  });
});

t.test('the errors of every route are documented without a declaration, with their headers', async (t) => {
  const app = await started(t);
  const { get, post } = (await app.inject('/docs/things/json')).json().paths['/things/{id}'];
  t.same(Object.keys(get.responses), ['200', '400', '404', '406', '415', '417', '429', '500', '503']);
  t.same(Object.keys(post.responses), ['204', '400', '413', '415', '417', '422', '429', '500']);
  const codes = Object.keys(post.responses[400].content['application/problem+json'].examples);
  t.same(codes, ['invalid_request', 'invalid_json', 'empty_body']);
  t.match(get.responses[503].headers['Retry-After'], { required: true, schema: { examples: ['1'] } });
});

t.test('every reference in a document has a target', async (t) => {
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

t.test(
  'Swagger UI has its own policy, keeps the token after a reload, and is a client with PKCE',
  async (t) => {
    const app = await started(t);
    const page = await app.inject('/docs/things');
    t.equal(page.statusCode, 200);
    t.match(page.headers['content-type'], /text\/html/);
    t.match(page.headers['content-security-policy'], /script-src 'self'; /);
    const files = page.body.match(/(?<=(?:src|href)=")[^"]+/g) ?? [];
    t.ok(files.some((file) => file.includes('/theme/')));
    for (const file of files) t.equal((await app.inject(file)).statusCode, 200, file);
    t.match(
      (await app.inject('/docs/things/static/swagger-initializer.js')).body,
      /"persistAuthorization":\s*true[\s\S]*"usePkceWithAuthorizationCodeGrant":\s*true/,
    );
    t.equal((await app.inject('/docs/things/static/swagger-ui.css')).statusCode, 200);
  },
);

t.test('a schema with a title is documented once, and still validates requests', async (t) => {
  const Part = Type.Object({ title: Type.String() }, { title: 'Part' });
  const Thing = Type.Object(
    { parts: Type.Array(Part) },
    { title: 'Thing', additionalProperties: false, examples: [{ parts: [{ title: 'Leg' }] }] },
  );
  const service = (name: string) => async (app: import('fastify').FastifyInstance) => {
    const options = { description: '', version: '1.2.3', securitySchemes, scopes: [], tags: [] };
    await app.register(openapi, { title: name, prefix: `/docs/${name}`, ...options });
    const response = { 200: Thing };
    const config = { problems: [notFound] };
    app.post(`/${name}`, { schema: { body: Thing, response }, config }, async ({ body }) => body);
    app.get(`/${name}`, { schema: { response }, config }, async () => ({ parts: [] }));
  };
  const { app } = await startedProcess(t, [service('things'), service('others')]);
  for (const name of ['things', 'others']) {
    const { components, paths } = (await app.inject(`/docs/${name}/json`)).json();
    t.same(Object.keys(components.schemas).sort(), ['Part', 'Problem', 'ProblemDetail', 'Thing']);
    t.match(components.schemas.Thing, {
      title: 'Thing',
      type: 'object',
      additionalProperties: false,
      properties: { parts: { type: 'array', items: { $ref: '#/components/schemas/Part' } } },
    });
    t.match(
      components.schemas.Part.properties,
      { title: { type: 'string' } },
      'a member may be called title',
    );
    const { get, post } = paths[`/${name}`];
    const reference = { $ref: '#/components/schemas/Thing' };
    const example = { parts: [{ title: 'Leg' }] };
    for (const { content } of [post.requestBody, post.responses[200], get.responses[200]]) {
      const { schema, ...media } = content['application/json'];
      t.same(schema, reference);
      t.match(JSON.stringify([media, components.schemas.Thing]), JSON.stringify(example));
    }
    const send = (payload: object) => app.inject({ method: 'POST', url: `/${name}`, payload });
    t.same((await send(example)).json(), example);
    t.match((await send({ parts: [{ title: 1 }] })).json(), { errors: [{ pointer: '/parts/0/title' }] });
    t.equal((await send({ parts: [], more: 1 })).statusCode, 422);
  }
});

t.test('two different schemas with the same title are an error', async (t) => {
  const { app, logged } = await startedProcess(t, [
    async (app) => {
      const options = { title: '', description: '', version: '1.2.3', securitySchemes, scopes: [], tags: [] };
      await app.register(openapi, { prefix: '/docs/things', ...options });
      for (const [url, member] of [
        ['/a', Type.String()],
        ['/b', Type.Integer()],
      ] as const) {
        const Thing = Type.Object({ member }, { title: 'Thing' });
        app.get(url, { schema: { response: { 200: Thing } } }, async () => ({}));
      }
    },
  ]);
  t.equal((await app.inject('/docs/things/json')).statusCode, 500);
  t.match(JSON.stringify(logged()), /Two schemas are called Thing/);
});
