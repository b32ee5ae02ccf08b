import Fastify from 'fastify';

/** The floor: what Fastify costs when there is nothing to do but serialize the same list. */
const item = {
  id: { type: 'string' },
  name: { type: 'string' },
  dob: { type: 'string' },
  updated_at: { type: 'string' },
};
const list = {
  type: 'object',
  properties: {
    items: { type: 'array', items: { type: 'object', properties: item } },
    next_cursor: { type: 'null' },
  },
};
const answer: object = JSON.parse(process.env.ANSWER ?? '{}');
const app = Fastify();
app.get('/customers', { schema: { response: { 200: list } } }, async () => answer);
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
process.on('SIGTERM', () => process.exit(0));
