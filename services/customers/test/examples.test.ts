import { exampleExchanges, exampleFaults } from '@pair/test-kit';
import t from 'tap';
import { EXAMPLE } from '../src/customers/schemas.ts';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready } from './support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);
const document = (await send('GET', '/docs/customers/json', { token: null })).json();
interface Operation {
  operationId: string;
  parameters?: { name: string; required?: boolean; example?: unknown; schema: { examples?: unknown } }[];
}
const exchanges = exampleExchanges(document);
const columns = Object.keys(EXAMPLE);

/** Stores the customer of the examples, unless the operation creates it. */
async function prepare(operationId: string) {
  await client.query('TRUNCATE customers CASCADE');
  if (['createCustomer', 'importCustomers'].includes(operationId)) return;
  await client.query(
    `INSERT INTO customers (${columns}) SELECT ${columns} FROM jsonb_populate_record(NULL::customers, $1)`,
    [EXAMPLE],
  );
}

/** Leaves out the members that differ from answer to answer, and between the formats. */
const constant = (body: unknown): unknown =>
  typeof body === 'object' && body !== null
    ? Object.entries(body).filter(([name]) => !['id', 'updated_at', 'lines_read'].includes(name))
    : body;

for (const { operationId, method, path, body, status, answer } of exchanges) {
  t.test(`${operationId} ${body?.type} ${answer?.type} gets the answer of the document`, async (t) => {
    await prepare(operationId);
    const response = await send(method as 'GET', path.replace('{id}', EXAMPLE.id), {
      headers: {
        ...(answer && { accept: answer.type }),
        ...(body && { 'content-type': body.type }),
      },
      ...(body && { body: body.example }),
    });
    t.equal(response.statusCode, status);
    if (answer === undefined) return t.equal(response.payload, '');
    const isText = typeof answer.example === 'string';
    if (method === 'GET') t.same(isText ? response.payload : response.json(), answer.example);
    else
      t.same(
        constant(response.json()),
        constant(isText ? JSON.parse(String(answer.example)) : answer.example),
      );
  });
}

t.test('every answer and every body has an example', async (t) => {
  const without = exchanges.flatMap(({ operationId, body, answer }) =>
    [body, answer].flatMap((media) =>
      media && media.example === undefined ? `${operationId} ${media.type}` : [],
    ),
  );
  t.same([...new Set(without)], []);
});

t.test(
  'Swagger UI fills in no optional parameter, so that every filled form is a valid request',
  async (t) => {
    const filled = Object.values<Record<string, Operation>>(document.paths)
      .flatMap((operations) => Object.values(operations))
      .flatMap(({ operationId, parameters = [] }) =>
        parameters
          .filter(({ required, example, schema }) => !required && (example ?? schema.examples) !== undefined)
          .map(({ name }) => `${operationId} ${name}`),
      );
    t.same(filled, []);
  },
);

t.test('every example is valid for its schema, also those of parameters and problems', async (t) => {
  const { checked, faults } = exampleFaults(document);
  t.ok(checked > 80, `${checked} examples`);
  t.same(faults, []);
});
