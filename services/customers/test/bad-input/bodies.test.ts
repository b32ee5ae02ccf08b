import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { GOOD, GOOD_JSON, target } from '../support/bad-input.ts';

const { id, send, writes, refused } = await target(t);

refused('a body that does not parse is 400', async (t) => {
  const text = GOOD_JSON;
  const bodies: [name: string, body: string | Buffer][] = [
    ['empty', ''],
    ['cut off', text.slice(0, -1)],
    ['with another character at the end', `${text}x`],
    ['the same member twice', '{"name":"a","name":"b","dob":"1960-05-25"}'],
    ['__proto__', '{"__proto__":{"name":"x"},"name":"a","dob":"1960-05-25"}'],
    ['single quotes', "{'name':'a'}"],
    ['NaN', '{"name":NaN}'],
    ['a form', 'name=Ann&dob=1960-05-25'],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['latin1', Buffer.from('{"name":"Zo\u00eb","dob":"1960-05-25"}', 'latin1')],
    ['binary', Buffer.from([0, 255, 254, 1])],
  ];
  for (const [method, url] of writes) {
    for (const [name, body] of bodies) {
      t.match(
        (await send(method, url, { body })).json(),
        { status: 400, code: String },
        `${method}: ${name}`,
      );
    }
  }
});

refused('a body of another type, or without a type, is 415', async (t) => {
  for (const [method, url] of writes) {
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'application/json; charset=utf-16',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      const response = await send(method, url, {
        body: JSON.stringify(GOOD),
        headers: { 'content-type': type },
      });
      const detail = /: send application\/.*json, in UTF-8, and say so in Content-Type\.$/;
      t.match(response.json(), { status: 415, detail }, `${method}: ${type}`);
      t.match(response.headers.accept, /json$/, `${method}: ${type}`);
    }
  }
});

refused('a write without a body is 422', async (t) => {
  for (const [method, url] of writes) {
    t.match((await send(method, url)).json(), { status: 422, errors: [{ pointer: '' }] }, method);
  }
});

refused('a body of more than 16 KiB is 413', async (t) => {
  for (const [method, url] of writes) {
    const response = await send(method, url, { body: { ...GOOD, name: 'x'.repeat(16_384) } });
    t.match(response.json(), { status: 413, code: 'body_too_large' }, method);
  }
});

refused('two members of one name are 400, at any depth and in any spelling', async (t) => {
  const bodies = [
    '{"name":"Ann","dob":"1960-05-25","name":"Ann"}',
    '{"name":"Ann","dob":"1960-05-25","na\\u006de":"Bob"}',
    '{"name":"Ann","dob":"1960-05-25","\\u006e\\u0061\\u006D\\u0065" : "Bob"}',
    '{"name":{"a":1,"a":2},"dob":"1960-05-25"}',
    '{"name":[[{"":1,"":2}]],"dob":"1960-05-25"}',
    '{"name":"Ann","dob":"1960-05-25","\\ud83e\\udd8a":1,"🦊":2}',
  ];
  for (const [method, url] of writes) {
    for (const body of bodies) {
      t.match(
        (await send(method, url, { body })).json(),
        { status: 400, code: 'invalid_json', detail: /two members/ },
        `${method} ${body}`,
      );
    }
  }
});

refused('a member that could change a prototype is 400, and a harmless one of such a name 422', async (t) => {
  const bodies: [status: number, members: string][] = [
    [400, '"__proto__":{"name":"Bob"}'],
    [400, '"__proto__":null'],
    [400, '"\\u005f_proto_\\u005F":{"name":"Bob"}'],
    [400, '"x":[{"__proto__":[]}]'],
    [400, '"constructor":{"prototype":{"name":"Bob"}}'],
    [400, '"x":{"c\\u006fnstructor":{"prototype":{}}}'],
    [422, '"constructor":{"name":"Bob"}'],
    [422, '"prototype":{"name":"Bob"}'],
    [422, '"__proto":1'],
    [422, '"hasOwnProperty":1'],
    [422, '"toString":"Ann"'],
  ];
  for (const [method, url] of writes) {
    for (const [status, members] of bodies) {
      const body = `{"name":"Ann","dob":"1960-05-25",${members}}`;
      t.match((await send(method, url, { body })).json(), { status }, `${method} ${members}`);
    }
  }
  t.equal(({} as { name?: unknown }).name, undefined);
});

refused('a body in another encoding is 400, and 415 if its charset says so', async (t) => {
  const utf16le = Buffer.from(GOOD_JSON, 'utf16le');
  const utf32le = Buffer.concat([...GOOD_JSON].map((letter) => Buffer.from([letter.charCodeAt(0), 0, 0, 0])));
  const bodies: [charset: string, body: Buffer][] = [
    ['utf-16', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16le])],
    ['utf-16', Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16le).swap16()])],
    ['utf-16le', utf16le],
    ['utf-16be', Buffer.from(utf16le).swap16()],
    ['utf-32', Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), utf32le])],
    ['utf-32', Buffer.concat([Buffer.from([0, 0, 0xfe, 0xff]), Buffer.from(utf32le).swap32()])],
    ['utf-32le', utf32le],
    ['utf-32be', Buffer.from(utf32le).swap32()],
    ['iso-8859-1', Buffer.from('{"name":"Zoë","dob":"1960-05-25"}', 'latin1')],
    ['utf-7', Buffer.from('+AHs-"name":"Ann","dob":"1960-05-25"+AH0-')],
  ];
  for (const [method, url] of writes) {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    for (const [charset, body] of bodies) {
      const name = `${method} ${charset} ${body.subarray(0, 4).toString('hex')}`;
      for (const parameter of ['', '; charset=utf-8']) {
        const response = await send(method, url, { body, headers: { 'content-type': type + parameter } });
        t.match(response.json(), { status: 400, code: 'invalid_json' }, name + parameter);
      }
      const headers = { 'content-type': `${type}; charset=${charset}` };
      t.match(
        (await send(method, url, { body, headers })).json(),
        { status: 415 },
        `${name}, with its charset`,
      );
    }
  }
});

refused(
  'a content coding is 415 and the answer names the accepted one, also if the body has no coding',
  async (t) => {
    const bodies: [coding: string, body: Buffer][] = [
      ['gzip', gzipSync(GOOD_JSON)],
      ['x-gzip', gzipSync(GOOD_JSON)],
      ['br', brotliCompressSync(GOOD_JSON)],
      ['deflate', deflateSync(GOOD_JSON)],
      ['gzip', Buffer.from(GOOD_JSON)],
      ['aes128gcm', Buffer.from(GOOD_JSON)],
      ['identity, gzip', gzipSync(GOOD_JSON)],
      ['gzip', gzipSync(Buffer.alloc(10_000_000))],
    ];
    for (const [method, url] of writes) {
      for (const [coding, body] of bodies) {
        const response = await send(method, url, { body, headers: { 'content-encoding': coding } });
        t.match(response.json(), { status: 415, code: 'unsupported_content_coding' }, `${method} ${coding}`);
        t.equal(response.headers['accept-encoding'], 'identity');
      }
      t.match(
        (await send(method, url, { body: gzipSync(GOOD_JSON) })).json(),
        { status: 400 },
        'without the header',
      );
    }
  },
);

t.test('the content coding identity is accepted', async (t) => {
  const headers = { 'content-encoding': 'Identity', 'if-none-match': '"1"' };
  const { statusCode } = await send('PUT', `/customers/${id}`, { body: GOOD, headers });
  t.equal(statusCode, 412, 'the write reached the row');
});
