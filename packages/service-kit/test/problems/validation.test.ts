import t, { type Test } from 'tap';
import { Type } from 'typebox';
import { unprocessable, validatorCompiler } from '../../src/index.ts';
import { startedProcess } from '../support/process.ts';

const ThingSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    count: Type.Integer({ minimum: 0, maximum: 10 }),
    even: Type.Optional(Type.String({ format: 'even' })),
    tags: Type.Optional(Type.Array(Type.String())),
    'a/b~c': Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

async function started(t: Test) {
  const { app } = await startedProcess(t, [
    async (app) => {
      const even = {
        validate: (value: string) => value.length % 2 === 0,
        message: 'must be of even length',
        published: {},
      };
      app.setValidatorCompiler(validatorCompiler({ formats: { even } }));
      app.post('/things', { schema: { body: ThingSchema } }, async (request) => request.body);
      const params = Type.Object({ id: Type.String({ format: 'uuid' }) });
      app.get('/things/:id', { schema: { params } }, async (request) => request.params);
      app.get('/owned', { schema: { querystring: params } }, async (request) => request.query);
      app.post('/owned', { schema: { body: params } }, async (request) => request.body);
      const querystring = Type.Object(
        {
          n: Type.String({ pattern: '^[1-9][0-9]{0,3}$', description: 'The number of things, 1 to 9999' }),
          sort: Type.Optional(Type.String({ enum: ['name', 'dob'] })),
        },
        { additionalProperties: false },
      );
      app.get('/things', { schema: { querystring } }, async (request) => request.query);
      const headers = Type.Object({ 'x-kind': Type.String({ pattern: '^[a-z]+$' }) });
      app.get('/kinds', { schema: { headers } }, async () => 'fine');
      app.post('/rules', async () => {
        throw unprocessable([{ pointer: '/name', detail: 'is taken' }]);
      });
    },
  ]);
  return app;
}

t.test('values of another type are 422 and name the member: nothing is coerced', async (t) => {
  const app = await started(t);
  const good = { name: 'x', count: 1 };
  const bad: [pointer: string, member: object][] = [
    ...[123, true, null, [], {}, ''].map((name): [string, object] => ['/name', { name }]),
    ...['1', 1.5, -1, 11, true, null, [1], 1e20].map((count): [string, object] => ['/count', { count }]),
    ['/even', { even: 'odd' }],
    ['/tags', { tags: 'a' }],
    ['/tags/1', { tags: ['a', 2] }],
    ['/a~1b~0c', { 'a/b~c': 'true' }],
  ];
  for (const [pointer, member] of bad) {
    const response = await app.inject({ method: 'POST', url: '/things', payload: { ...good, ...member } });
    t.equal(response.statusCode, 422, JSON.stringify(member));
    t.match(response.json(), { code: 'validation_failed', errors: [{ pointer, detail: String }] });
  }
});

t.test('a body that is not an object is 422 at the root', async (t) => {
  const app = await started(t);
  for (const payload of ['null', '[]', '"x"', '1', 'true']) {
    const headers = { 'content-type': 'application/json' };
    const response = await app.inject({ method: 'POST', url: '/things', headers, payload });
    t.match(response.json(), { status: 422, errors: [{ pointer: '' }] }, payload);
  }
});

t.test('one answer lists all faults: missing, unknown and wrong members', async (t) => {
  const app = await started(t);
  const response = await app.inject({
    method: 'POST',
    url: '/things',
    payload: { count: 'x', 'ty/po': 1, even: 'a' },
  });
  t.same(response.json().errors, [
    { pointer: '/name', detail: 'is required' },
    { pointer: '/ty~1po', detail: 'is not known here' },
    { pointer: '/count', detail: 'must be integer' },
    { pointer: '/even', detail: 'must be of even length' },
  ]);
});

t.test('the text of a fault names the allowed values, not a regular expression', async (t) => {
  const app = await started(t);
  const response = await app.inject('/things?n=0&sort=age');
  t.same(response.json().errors, [
    { pointer: '/n', detail: 'is not as documented: The number of things, 1 to 9999' },
    { pointer: '/sort', detail: 'must be one of name, dob' },
  ]);
});

t.test('an answer about a very long unknown member is short', async (t) => {
  const app = await started(t);
  const payload = { name: 'x', count: 1, ['y'.repeat(10_000)]: 1 };
  const response = await app.inject({ method: 'POST', url: '/things', payload });
  t.equal(response.statusCode, 422);
  t.ok(response.body.length < 600);
});

t.test('an answer about very many faults lists twenty', async (t) => {
  const app = await started(t);
  const payload = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`unknown-${i}`, 1]));
  const response = await app.inject({ method: 'POST', url: '/things', payload });
  t.equal(response.statusCode, 422);
  t.equal(response.json().errors.length, 20);
});

t.test('the handler gets exactly the sent values: nothing is filled in', async (t) => {
  const app = await started(t);
  const payload = { name: ' x ', count: 0 };
  t.same((await app.inject({ method: 'POST', url: '/things', payload })).json(), payload);
});

t.test('the handler gets a UUID in lower case, in any spelling of the client', async (t) => {
  const app = await started(t);
  const id = '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10';
  for (const spelling of [id, id.toUpperCase(), `0199D3a5${id.slice(8)}`]) {
    t.same((await app.inject(`/things/${spelling}`)).json(), { id });
    t.same((await app.inject(`/owned?id=${spelling}`)).json(), { id });
    const response = await app.inject({ method: 'POST', url: '/owned', payload: { id: spelling } });
    t.same(response.json(), { id });
  }
});

t.test('faults in path, query and headers are 400 and name the parameter', async (t) => {
  const app = await started(t);
  const requests: [url: string, pointer: string, headers?: Record<string, string>][] = [
    ['/things/1', '/id'],
    ['/things/urn:uuid:0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10', '/id'],
    ['/things/0199d3a57d4e7c3b9a520d1f6c1c7b10', '/id'],
    ['/things/%7B0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10%7D', '/id'],
    ['/things/0199-d3a5-7d4e-7c3b-9a52-0d1f-6c1c-7b10', '/id'],
    ['/things/0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10%0A', '/id'],
    ['/things/%200199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10', '/id'],
    [`/things/${'9'.repeat(5_000)}`, '/id'],
    ['/things', '/n'],
    ['/things?n=', '/n'],
    ['/things?n=0', '/n'],
    ['/things?n=-1', '/n'],
    ['/things?n=1e3', '/n'],
    ['/things?n=%205', '/n'],
    ['/things?n=1&n=2', '/n'],
    ['/things?n=1&m=2', '/m'],
    ['/kinds', '/x-kind'],
    ['/kinds', '/x-kind', { 'x-kind': 'A' }],
  ];
  for (const [url, pointer, headers = {}] of requests) {
    const response = await app.inject({ url, headers });
    t.match(
      response.json(),
      { status: 400, code: 'invalid_request', errors: [{ pointer }] },
      url.slice(0, 60),
    );
  }
  t.equal((await app.inject('/things/0199D3A5-7d4e-7c3b-9a52-0d1f6c1c7b10')).statusCode, 200);
  t.same((await app.inject('/things?n=1000')).json(), { n: '1000' });
});

t.test('the error of a rule in a handler has the same form', async (t) => {
  const app = await started(t);
  t.match((await app.inject({ method: 'POST', url: '/rules' })).json(), {
    status: 422,
    code: 'validation_failed',
    errors: [{ pointer: '/name', detail: 'is taken' }],
  });
});
