import Fastify from 'fastify';

/** The floor: the cost of Fastify when it only parses the same bodies and serializes the same answers. */
const customer = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    dob: { type: 'string' },
    updated_at: { type: 'string' },
  },
};
const list = {
  type: 'object',
  properties: { items: { type: 'array', items: customer }, next_cursor: { type: ['string', 'null'] } },
};
const { LIST, CUSTOMER, PORT } = process.env;
const answers: { list: object; customer: object } = {
  list: JSON.parse(LIST ?? '{}'),
  customer: JSON.parse(CUSTOMER ?? '{}'),
};
const one = { schema: { response: { '2xx': customer } } };

const app = Fastify();
app.addContentTypeParser(
  'application/merge-patch+json',
  { parseAs: 'string' },
  app.getDefaultJsonParser('error', 'error'),
);
app.get('/customers', { schema: { response: { 200: list } } }, async () => answers.list);
app.get('/customers/:id', one, async () => answers.customer);
app.post('/customers', one, async (_request, reply) => reply.code(201).send(answers.customer));
app.patch('/customers/:id', one, async () => answers.customer);
await app.listen({ host: '127.0.0.1', port: Number(PORT) });
process.on('SIGTERM', () => process.exit(0));
