import Fastify from 'fastify';
import t, { type Test } from 'tap';
import { documented, exampleFaults } from '../src/index.ts';

const OBJECT = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'things', version: '1' },
  components: { schemas: { Thing: OBJECT }, headers: { 'X-Always': { required: true } } },
  paths: {
    '/things/{id}': {
      get: {
        responses: {
          200: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
          204: { description: 'nothing' },
          202: { headers: { 'X-Always': { $ref: '#/components/headers/X-Always' } } },
          205: { headers: { 'X-Own': { required: true }, 'X-Sometimes': {} } },
        },
      },
    },
  },
};

/** The faults of this answer that are printed at the end of a test. */
async function faultOf(t: Test, answer: { status?: number; type?: string; body?: string }): Promise<string> {
  const teardowns: (() => unknown)[] = [];
  const app = Fastify();
  await app.register(documented({ teardown: (run) => teardowns.push(run) }));
  app.decorate('swagger', () => DOCUMENT as never);
  app.get('/things/:id', async (_request, reply) => {
    return reply
      .code(answer.status ?? 200)
      .type(answer.type ?? 'application/json; charset=utf-8')
      .send(answer.body);
  });
  await app.inject('/things/1');
  await app.close();
  const said: string[] = [];
  const { exitCode } = process;
  t.capture(console, 'error', (text: string) => said.push(text));
  for (const run of teardowns) run();
  process.exitCode = exitCode;
  return said.join('\n');
}

t.test('an answer that is as documented is no fault', async (t) => {
  t.equal(await faultOf(t, { body: '{"id":"1"}' }), '');
  t.equal(await faultOf(t, { status: 204 }), '');
});

t.test('an undocumented status, media type, member or type, and a missing body, are faults', async (t) => {
  t.match(
    await faultOf(t, { status: 404, body: '{}' }),
    /GET \/things\/:id 404: this status is not documented/,
  );
  t.match(await faultOf(t, { type: 'text/html', body: '<p>' }), /text\/html is not documented/);
  t.match(await faultOf(t, { body: '{"id":"1","name":"Ann"}' }), /must NOT have additional properties/);
  t.match(await faultOf(t, { body: '{"id":1}' }), /must be string/);
  t.match(await faultOf(t, { body: '{}' }), /must have required property/);
  t.match(await faultOf(t, {}), /without a body/);
});

t.test('a missing required header is a fault, also if the document refers to its description', async (t) => {
  t.match(await faultOf(t, { status: 202 }), /without X-Always/);
  t.match(await faultOf(t, { status: 205 }), /without X-Own/);
});

t.test('exampleFaults finds every example that its schema refuses', async (t) => {
  const string = { type: 'string' };
  const { checked, faults } = exampleFaults({
    components: { schemas: { A: { ...string, examples: ['fine', 1] } } },
    paths: {
      '/a/{b}': {
        get: {
          parameters: [
            { schema: string, example: 2 },
            { schema: string, example: 'fine' },
          ],
        },
      },
    },
  });
  t.equal(checked, 4);
  t.match(faults, [
    /^\/components\/schemas\/A: .*string/,
    /^\/paths\/~1a~1\{b\}\/get\/parameters\/0\/schema: /,
  ]);
});
