import t, { type Test } from 'tap';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready } from './support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send, log } = await customersProcess(t, { databaseUrl });
await ready(app);

const good = { name: 'Ann', dob: '1960-05-25' };
const { id } = (await send('POST', '/customers', { body: good })).json();
const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);

/** The three writes that have a body. */
const WRITES = [
  ['POST', '/customers'],
  ['PUT', `/customers/${id}`],
  ['PATCH', `/customers/${id}`],
] as const;

/** A test after which nothing may have been written, and nothing been a fault of ours. */
function refused(name: string, requests: (t: Test) => Promise<unknown>) {
  t.test(name, async (t) => {
    await requests(t);
    const { rows } = await client.query('SELECT name, dob::text, version FROM customers');
    t.same(rows, [{ ...good, version: 1 }], 'nothing was written');
    t.notMatch(log(), /internal_error/, 'nothing was a fault of ours');
  });
}

refused('members of a wrong type or with a value that cannot be are 422 and named', async (t) => {
  const bad: [pointer: string, members: object][] = [
    ...[123, 0, true, null, [], ['Ann'], {}, { $ne: '' }].map((name): [string, object] => [
      '/name',
      { name },
    ]),
    ...[
      '',
      '   ',
      '\t\n',
      '\u3000',
      'a'.repeat(256),
      '🦊'.repeat(256),
      'a\0b',
      'a\u0007b',
      'a\nb',
      'a\u007fb',
      'a\u009fb',
      'a\ud800b',
      '\udc00',
    ].map((name): [string, object] => ['/name', { name }]),
    ...[19600525, 1.5, true, null, [], {}, -62135596800000].map((dob): [string, object] => ['/dob', { dob }]),
    ...[
      '',
      'yesterday',
      '2023-02-29',
      '1900-02-29',
      '2023-02-30',
      '2023-04-31',
      '2023-13-01',
      '2023-00-01',
      '2023-01-00',
      '0000-01-01',
      '-0001-01-01',
      '+12023-01-01',
      '10000-01-01',
      '1960-5-25',
      '25.05.1960',
      '05/25/1960',
      '19600525',
      '1960-05-25T00:00:00Z',
      '1960-05-25 BC',
      ' 1960-05-25',
      '1960-05-25\n',
      '１９６０-05-25',
      'infinity',
      'epoch',
      'now()',
      '9999-12-31',
      inTwoDays,
    ].map((dob): [string, object] => ['/dob', { dob }]),
    ...['id', 'updated_at', 'version', 'Name', 'constructor', 'toString'].map((member): [string, object] => [
      `/${member}`,
      { [member]: 'x' },
    ]),
  ];
  for (const [method, url] of WRITES) {
    for (const [pointer, members] of bad) {
      const response = await send(method, url, { body: { ...good, ...members } });
      t.match(
        response.json(),
        { status: 422, code: 'validation_failed', errors: [{ pointer, detail: String }] },
        `${method} ${JSON.stringify(members).slice(0, 60)}`,
      );
      t.match(response.headers['content-type'], /^application\/problem\+json/);
    }
  }
});

refused('all faults of a body are told at once', async (t) => {
  const response = await send('POST', '/customers', { body: { name: 5, typo: 1 } });
  t.same(
    response
      .json()
      .errors.map(({ pointer }: { pointer: string }) => pointer)
      .sort(),
    ['/dob', '/name', '/typo'],
  );
});

refused('a body that is no object is 422', async (t) => {
  for (const [method, url] of WRITES) {
    for (const body of ['null', '[]', '"Ann"', '42', 'true', `[${JSON.stringify(good)}]`]) {
      t.match(
        (await send(method, url, { body })).json(),
        { status: 422, errors: [{ pointer: '' }] },
        `${method} ${body}`,
      );
    }
  }
});

refused('a body that does not parse is 400', async (t) => {
  const text = JSON.stringify(good);
  const bodies: [name: string, body: string | Buffer][] = [
    ['empty', ''],
    ['cut off', text.slice(0, -1)],
    ['with more behind it', `${text}x`],
    ['twice the same member', '{"name":"a","name":"b","dob":"1960-05-25"}'],
    ['__proto__', '{"__proto__":{"name":"x"},"name":"a","dob":"1960-05-25"}'],
    ['single quotes', "{'name':'a'}"],
    ['NaN', '{"name":NaN}'],
    ['a form', 'name=Ann&dob=1960-05-25'],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['latin1', Buffer.from('{"name":"Zo\u00eb","dob":"1960-05-25"}', 'latin1')],
    ['binary', Buffer.from([0, 255, 254, 1])],
  ];
  for (const [method, url] of WRITES) {
    for (const [name, body] of bodies) {
      t.match(
        (await send(method, url, { body })).json(),
        { status: 400, code: String },
        `${method}: ${name}`,
      );
    }
  }
});

refused('a body of another type is 415, and one without a type too', async (t) => {
  for (const [method, url] of WRITES) {
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'application/json; charset=utf-16',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      const response = await send(method, url, {
        body: JSON.stringify(good),
        headers: { 'content-type': type },
      });
      t.match(response.json(), { status: 415 }, `${method}: ${type}`);
    }
  }
});

refused('no body at all is refused', async (t) => {
  for (const [method, url] of WRITES) {
    t.match((await send(method, url)).json(), { status: 422, errors: [{ pointer: '' }] }, method);
  }
});

refused('a body of more than 16 KiB is 413', async (t) => {
  for (const [method, url] of WRITES) {
    const response = await send(method, url, { body: { ...good, name: 'x'.repeat(16_384) } });
    t.match(response.json(), { status: 413, code: 'body_too_large' }, method);
  }
});

refused('an n that is not a number from 1 to 1000 is 400 and named', async (t) => {
  const values = [
    '',
    '0',
    '-1',
    '1.5',
    '1e3',
    '0x10',
    '100000000000000000000',
    '1001',
    '9999',
    '01',
    '+5',
    ' 5',
    '5 ',
    '5,5',
    '٥',
    'five',
    'null',
    'NaN',
    'Infinity',
    '1;DROP TABLE customers',
    '%00',
  ];
  for (const n of values) {
    const response = await send('GET', `/customers?n=${n === '%00' ? n : encodeURIComponent(n)}`);
    t.match(
      response.json(),
      { status: 400, code: 'invalid_request', errors: [{ pointer: '/n' }] },
      JSON.stringify(n),
    );
  }
  for (const query of ['n=1&n=2', 'n[]=1', 'n[gt]=1', 'N=5']) {
    t.match((await send('GET', `/customers?${query}`)).json(), { status: 400 }, query);
  }
});

refused('a parameter that is not known is 400 and named', async (t) => {
  for (const name of ['offset', 'page', '__proto__']) {
    t.match(
      (await send('GET', `/customers?n=5&${name}=1`)).json(),
      { status: 400, errors: [{ pointer: `/${name}` }] },
      name,
    );
  }
});

refused('an id that is not a UUID is 400 and named, for every method', async (t) => {
  const ids = [
    '1',
    '-1',
    'abc',
    '0',
    'null',
    'undefined',
    `${id}0`,
    id.slice(1),
    id.replaceAll('-', ''),
    `%7B${id}%7D`,
    `urn:uuid:${id}`,
    `${id}%00`,
    `${id}%20`,
    "'%20OR%201=1",
    '%E2%80%AE',
    'x'.repeat(5_000),
    'g'.repeat(36),
  ];
  for (const bad of ids) {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      const response = await send(
        method,
        `/customers/${bad}`,
        method === 'PUT' || method === 'PATCH' ? { body: good } : {},
      );
      t.match(
        response.json(),
        { status: 400, code: 'invalid_request', errors: [{ pointer: '/id' }] },
        `${method} ${bad.slice(0, 50)}`,
      );
    }
  }
});

refused('a path that cannot be decoded is 400, one that nobody has 404, another method 405', async (t) => {
  t.match((await send('GET', '/customers/%zz')).json(), { status: 400 });
  t.match((await send('GET', `/customers/${id}/orders`)).json(), { status: 404 });
  t.match((await send('GET', '/customer')).json(), { status: 404 });
  const put = await send('PUT', '/customers', { body: good });
  t.match(put.json(), { status: 405, code: 'method_not_allowed' });
  t.same(String(put.headers.allow).split(', ').sort(), ['GET', 'HEAD', 'OPTIONS', 'POST']);
  const post = await send('POST', `/customers/${id}`, { body: good });
  t.same(String(post.headers.allow).split(', ').sort(), ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'PUT']);
});
