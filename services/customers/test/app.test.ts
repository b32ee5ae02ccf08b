import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready } from './support/service.ts';

const { url: databaseUrl } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);
const document = (await send('GET', '/docs/customers/json', { token: null })).json();

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: object[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, object> };
  responses: Record<string, { headers?: Record<string, object>; content?: Record<string, object> }>;
}
const operations: [string, Operation][] = Object.entries<Record<string, Operation>>(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
);

t.test('the document is OpenAPI 3.1, and each operation has its own id', async (t) => {
  t.equal(document.openapi, '3.1.0');
  t.same(operations.map(([route, { operationId }]) => [route, operationId]).sort(), [
    ['delete /customers/{id}', 'deleteCustomer'],
    ['get /.well-known/oauth-protected-resource', 'getProtectedResourceMetadata'],
    ['get /customers', 'listCustomers'],
    ['get /customers/export', 'exportCustomers'],
    ['get /customers/{id}', 'getCustomer'],
    ['patch /customers/{id}', 'patchCustomer'],
    ['post /customers', 'createCustomer'],
    ['post /customers/import', 'importCustomers'],
    ['put /customers/{id}', 'replaceCustomer'],
  ]);
});

t.test('every operation except discovery documents its scope and its refusals', async (t) => {
  for (const [route, { security, responses, tags, summary }] of operations) {
    if (/well-known/.test(route)) continue;
    const scope = /^get/.test(route) ? 'customers:read' : 'customers:write';
    t.same(security, [{ oauth2: [scope] }, { bearerAuth: [] }, { dpopAuth: [] }], route);
    t.same(tags, [/port$/.test(route) ? 'transfers' : 'customers']);
    t.ok(summary);
    for (const status of ['400', '401', '403', '503']) {
      t.ok(responses[status]?.content?.['application/problem+json'], `${route}: ${status}`);
    }
  }
});

t.test('headers and media types are documented', async (t) => {
  const of = Object.fromEntries(operations);
  t.match(of['post /customers']?.responses['201']?.headers, { ETag: Object, Location: Object });
  for (const route of ['get /customers/{id}', 'put /customers/{id}', 'patch /customers/{id}']) {
    t.match(of[route]?.responses['200']?.headers, { ETag: Object }, route);
  }
  t.same(Object.keys(of['patch /customers/{id}']?.requestBody?.content ?? {}), [
    'application/merge-patch+json',
    'application/json',
  ]);
  t.same(Object.keys(of['put /customers/{id}']?.requestBody?.content ?? {}), ['application/json']);
  for (const route of ['put /customers/{id}', 'patch /customers/{id}', 'delete /customers/{id}']) {
    t.match(
      of[route]?.parameters?.filter((parameter) => parameter.in === 'header'),
      [{ name: 'If-Match' }],
      route,
    );
    t.ok(of[route]?.responses['412']);
  }
  t.ok(of['get /customers/{id}']?.responses['304']);
  t.match(of['get /customers']?.parameters, [
    { name: 'n', in: 'query', required: false },
    { name: 'limit', in: 'query' },
  ]);
});

t.test('the examples of the document are accepted', async (t) => {
  const { properties } = document.components.schemas.NewCustomer;
  const body = { name: properties.name.examples[0], dob: properties.dob.examples[0] };
  t.match((await send('POST', '/customers', { body })).json(), body);
});

t.test('Swagger UI is served', async (t) => {
  const response = await send('GET', '/docs/customers', { token: null });
  t.match(response, { statusCode: 200, headers: { 'content-type': /text\/html/ } });
});

t.test('the metadata names the address of the service, not the audience of tokens', async (t) => {
  const other = await customersProcess(t, { databaseUrl }, { AUDIENCE: 'the customers' });
  const metadata = await other.send('GET', '/.well-known/oauth-protected-resource', { token: null });
  t.match(metadata.json(), {
    resource: 'http://localhost:8080',
    authorization_servers: ['http://localhost:8080'],
  });
});
