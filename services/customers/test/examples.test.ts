import { exampleFaults } from '@pair/test-kit';
import t from 'tap';
import { EXAMPLE } from '../src/customers/schemas.ts';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready } from './support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);

interface Media {
  schema: { examples?: unknown[] };
  example?: unknown;
}
interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}
const document = (await send('GET', '/docs/customers/json', { token: null })).json<{
  paths: Record<string, Record<string, Operation>>;
}>();
const { paths } = document;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method: method.toUpperCase(),
    ...operation,
  })),
);

/** The document's own, of the body of a request or of an answer. */
const exampleOf = ({ example, schema }: Media) => example ?? schema.examples?.[0];

/** In a database that has the customer of the examples, or is about to get it. */
async function prepare(operationId: string) {
  await client.query('TRUNCATE customers');
  if (['createCustomer', 'importCustomers'].includes(operationId)) return;
  const { id, name, dob, updated_at } = EXAMPLE;
  await client.query('INSERT INTO customers (id, name, dob, updated_at) VALUES ($1, $2, $3, $4)', [
    id,
    name,
    dob,
    updated_at,
  ]);
}

/** Without what differs each time, and from format to format. */
const constant = (body: unknown): unknown =>
  typeof body === 'object' && body !== null
    ? Object.entries(body).filter(([name]) => !['id', 'updated_at', 'lines_read'].includes(name))
    : body;

for (const { path, method, operationId, requestBody, responses } of operations) {
  const [status, success] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  for (const [type, media] of Object.entries(requestBody?.content ?? { '': undefined })) {
    for (const [accept, answer] of Object.entries(success?.content ?? { '*/*': undefined })) {
      const example = answer && exampleOf(answer);
      if (answer !== undefined && example === undefined) continue;
      t.test(`${operationId} ${type} answers its example as the document has it ${accept}`, async (t) => {
        await prepare(operationId);
        const response = await send(method as 'GET', path.replace('{id}', EXAMPLE.id), {
          headers: { accept, ...(media && { 'content-type': type }) },
          ...(media && { body: exampleOf(media) }),
        });
        t.equal(response.statusCode, Number(status));
        const body =
          /json$/.test(accept) && accept !== 'application/x-ndjson' ? response.json() : response.payload;
        if (answer === undefined) t.equal(response.payload, '');
        else if (method === 'GET') t.same(body, example);
        else t.same(constant(body), constant(example));
      });
    }
  }
}

t.test('every answer but a line of progress, and every body, has an example', async (t) => {
  const without = operations.flatMap(({ operationId, requestBody, responses }) =>
    [
      ...Object.entries(requestBody?.content ?? {}),
      ...Object.entries(responses).flatMap(([status, { content }]) =>
        status.startsWith('2') ? Object.entries(content ?? {}) : [],
      ),
    ]
      .filter(([, media]) => exampleOf(media) === undefined)
      .map(([type]) => `${operationId} ${type}`),
  );
  t.same(without, ['importCustomers application/x-ndjson']);
});

t.test('every example, of a parameter too, is one that its schema accepts', async (t) => {
  const { checked, faults } = exampleFaults(document);
  t.ok(checked > 20);
  t.same(faults, []);
});
