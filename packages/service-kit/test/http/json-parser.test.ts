import t, { type Test } from 'tap';
import { Type } from 'typebox';
import { startedProcess } from '../support/process.ts';

const BodySchema = Type.Object({ name: Type.String() }, { additionalProperties: false });
const JSON_TYPE = 'application/json';

/** Returns a function that sends a body to a route, which echoes it, and returns the status and the answer. */
async function posting(t: Test) {
  const { app } = await startedProcess(t, [
    async (app) => {
      app.post('/things', { schema: { body: BodySchema } }, async (request) => request.body);
      app.post('/any', { schema: { body: {} } }, async (request) => ({ got: request.body }));
      app.delete('/things', async (_request, reply) => reply.code(204).send());
    },
  ]);
  return async (
    payload: string | Buffer | undefined,
    type: string | undefined = JSON_TYPE,
    url = '/things',
  ) => {
    const headers = type === '' ? {} : { 'content-type': type };
    const response = await app.inject({
      method: 'POST',
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    return { status: response.statusCode, body: response.json(), app };
  };
}

t.test('a body in UTF-8 is accepted, with and without a charset', async (t) => {
  const post = await posting(t);
  for (const type of [
    JSON_TYPE,
    'application/json;charset=utf-8',
    'Application/JSON; charset="UTF-8"',
    'application/json; charset=utf8',
    'application/json; Charset="UTF8"',
    'application/json; charset=US-ASCII',
    'application/json ; charset=utf-8 ',
    'application/json;',
    'application/json; ; charset=utf-8',
  ]) {
    t.same((await post('{"name":"Zoë 🦊"}', type)).body, { name: 'Zoë 🦊' }, type);
  }
});

t.test('another media type, another charset and a missing media type are 415', async (t) => {
  const post = await posting(t);
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'application/json; profile=x',
    'application/json5',
    'application/merge-patch+json',
    'xapplication/json',
    'application/json, text/plain',
    'nonsense',
    '',
    'application/json; charset=utf-8; charset=utf-8',
    'application/json; charset=utf-16; charset=utf-8',
    'application/json; charset=utf-8; Charset=utf-16',
    'application/json; charset',
    'application/json; charset=',
    'application/json; charset = utf-16',
    'application/json; charset="utf-16',
    'application/json; charset=utf-8 utf-16',
    'application/json; charset=utf-8, text/plain; charset=utf-16',
    'application/json; charset=utf88',
    'application/json; charset=utf-8; profile=x',
    'application/json; x',
    `application/json${' ;'.repeat(8_000)}`,
    `application/json;${' '.repeat(16_000)}x`,
    `application/json; x="${'\\a'.repeat(8_000)}`,
  ];
  for (const type of types) {
    const { status, body } = await post('{"name":"x"}', type);
    t.match({ status, body }, { status: 415, body: { status: 415, code: 'unsupported_media_type' } }, type);
  }
});

t.test('a 415 names the supported media types, in words and in the header of its method', async (t) => {
  const { app } = await startedProcess(t, [
    async (app) => {
      const json = { schema: { body: BodySchema } };
      app.post('/json', json, async () => ({}));
      app.put('/json', json, async () => ({}));
      app.delete('/json', async () => ({}));
      const consumes = ['application/merge-patch+json', JSON_TYPE];
      app.patch('/json', { schema: { consumes, body: BodySchema } }, async () => ({}));
      const content = { 'text/csv': { schema: {} }, 'text/tab': { schema: {} } };
      app.post('/file', { schema: { body: { content } } }, async () => ({}));
    },
  ]);
  const answers: [
    'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    accepted: string,
    field: string,
    detail: RegExp,
  ][] = [
    [
      'POST',
      '/json',
      JSON_TYPE,
      'accept-post',
      /send application\/json, in UTF-8, and say so in Content-Type\.$/,
    ],
    ['PUT', '/json', JSON_TYPE, '', /send application\/json, in UTF-8/],
    ['DELETE', '/json', JSON_TYPE, '', /this request needs no body, so leave out Content-Type\.$/],
    [
      'PATCH',
      '/json',
      'application/merge-patch+json, application/json',
      'accept-patch',
      /send application\/merge-patch\+json or application\/json, in UTF-8/,
    ],
    ['POST', '/file', 'text/csv, text/tab', 'accept-post', /send text\/csv or text\/tab, in UTF-8/],
  ];
  for (const [method, url, accepted, field, detail] of answers) {
    for (const type of ['image/png', 'text/csv; charset=utf-16; charset=utf-8', 'nonsense']) {
      const response = await app.inject({ method, url, headers: { 'content-type': type }, payload: 'x' });
      t.match(
        response.json(),
        { status: 415, code: 'unsupported_media_type', detail },
        `${method} ${url} ${type}`,
      );
      t.equal(response.headers.accept, accepted);
      for (const name of ['accept-post', 'accept-patch']) {
        t.equal(response.headers[name], name === field ? accepted : undefined, `${method} ${name}`);
      }
    }
  }
});

t.test('a malformed Content-Type does not matter on a route that reads no body', async (t) => {
  const { app } = await startedProcess(t, [async (app) => void app.get('/things', async () => ({}))]);
  const headers = { 'content-type': 'text/csv; x; x' };
  t.equal((await app.inject({ url: '/things', headers })).statusCode, 200);
  t.equal((await app.inject({ method: 'HEAD', url: '/things', headers })).statusCode, 200);
  t.equal((await app.inject({ method: 'POST', url: '/nothing', headers, payload: 'x' })).statusCode, 404);
});

t.test('a body that is not JSON in UTF-8 is 400', async (t) => {
  const post = await posting(t);
  const bodies: [string, string | Buffer][] = [
    ['cut off', '{"name":'],
    ['two values', '{"name":"x"}{}'],
    ['single quotes', "{'name':'x'}"],
    ['a comment', '{"name":"x"/**/}'],
    ['NaN', 'NaN'],
    ['UTF-16', Buffer.from('{"name":"x"}', 'utf16le')],
    ['latin1', Buffer.from('{"name":"Zo\u00eb"}', 'latin1')],
    ['a byte order mark of UTF-16', Buffer.from('\ufeff{"name":"x"}', 'utf16le')],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a raw line break in a string', '{"name":"a\nb"}'],
    ['white space only', '   '],
  ];
  for (const [name, bytes] of bodies) {
    const { status, body } = await post(bytes);
    t.match({ status, body }, { status: 400, body: { code: 'invalid_json', instance: '/things' } }, name);
  }
});

t.test('an empty body is 400 on a route that needs a body', async (t) => {
  const post = await posting(t);
  t.match(await post(undefined), { status: 400, body: { code: 'empty_body' } });
  t.match(await post(''), { status: 400, body: { code: 'empty_body' } });
});

t.test('a Content-Type without a body is accepted on a route that reads no body', async (t) => {
  const post = await posting(t);
  const { app } = await post('{"name":"x"}');
  const response = await app.inject({
    method: 'DELETE',
    url: '/things',
    headers: { 'content-type': JSON_TYPE },
  });
  t.equal(response.statusCode, 204);
});

t.test('an optional body may be null, empty or absent', async (t) => {
  const { app } = await startedProcess(t, [
    async (app) => {
      const body = Type.Unsafe({ ...BodySchema, type: ['object', 'null'] });
      app.post('/optional', { schema: { body } }, async (request) => ({ got: request.body }));
    },
  ]);
  const post = async (payload: string | undefined, type: string | undefined) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const sent = payload === undefined ? {} : { payload };
    return (await app.inject({ method: 'POST', url: '/optional', headers, ...sent })).json();
  };
  t.same(await post('', JSON_TYPE), { got: null });
  t.same(await post('null', JSON_TYPE), { got: null });
  t.notOk((await post(undefined, undefined)).got);
  t.same(await post('{"name":"x"}', JSON_TYPE), { got: { name: 'x' } });
  t.match(await post('{"nam":"x"}', JSON_TYPE), { status: 422 });
  t.match(await post('[]', JSON_TYPE), { status: 422 });
});

t.test('two members of one name are 400, at any depth and in any notation', async (t) => {
  const post = await posting(t);
  const bodies = [
    '{"name":"a","name":"b"}',
    '{"name":"a", "x":{}, "name" : "b"}',
    '{"name":"a","n\\u0061me":"b"}',
    '{"x":[{"y":{"z":1,"z":1}}]}',
    '{"x":"}","x":"{"}',
    '{"x\\"":1,"x\\"":2}',
    '{"":1,"":2}',
  ];
  for (const bytes of bodies) {
    t.match(await post(bytes, JSON_TYPE, '/any'), { status: 400, body: { code: 'invalid_json' } }, bytes);
  }
});

t.test('the same name in different objects, or as a value, is no duplicate', async (t) => {
  const post = await posting(t);
  const bodies = [
    '{"a":{"a":{"a":"a"}},"b":[{"a":1},{"a":2}]}',
    '{"a":"b","b":"a"}',
    '{"a":"\\"b\\":","b":"{\\"a\\":1}"}',
    '{"a\\\\":1,"a":2}',
    '["a","a",{"a":1}]',
  ];
  for (const bytes of bodies) {
    t.match(await post(bytes, JSON_TYPE, '/any'), { status: 200, body: { got: JSON.parse(bytes) } }, bytes);
  }
});

t.test('__proto__ and constructor.prototype are 400, regardless of the schema', async (t) => {
  const post = await posting(t);
  const bodies = [
    '{"__proto__":{"admin":true}}',
    '{"a":{"\\u005f_proto__":1}}',
    '{"constructor":{"prototype":{"admin":true}}}',
  ];
  for (const bytes of bodies) {
    t.match(await post(bytes, JSON_TYPE, '/any'), { status: 400, body: { code: 'invalid_json' } }, bytes);
  }
  t.equal(({} as { admin?: unknown }).admin, undefined);
});

t.test('a body of 16 KiB is accepted, and a longer body is 413', async (t) => {
  const post = await posting(t);
  const ofLength = (length: number) => JSON.stringify({ name: 'x'.repeat(length - '{"name":""}'.length) });
  t.equal((await post(ofLength(16_384))).status, 200);
  t.match(await post(ofLength(16_385)), { status: 413, body: { code: 'body_too_large', status: 413 } });
});

t.test('very deep JSON is no fault of the server', async (t) => {
  const post = await posting(t);
  const depth = 8_000;
  const { status } = await post(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  t.equal(status, 422);
});
