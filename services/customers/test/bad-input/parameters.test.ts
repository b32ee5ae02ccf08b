import t from 'tap';
import { encodeCursor } from '../../src/customers/cursor.ts';
import type { SortKey } from '../../src/customers/selection.ts';
import { escaped, GOOD, isProblem, target } from '../support/bad-input.ts';
import { exchange } from '../support/wire.ts';

const { id, port, send, refused } = await target(t);

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

refused('an unknown parameter is 400 and named', async (t) => {
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
        method === 'PUT' || method === 'PATCH' ? { body: GOOD } : {},
      );
      t.match(
        response.json(),
        { status: 400, code: 'invalid_request', errors: [{ pointer: '/id' }] },
        `${method} ${bad.slice(0, 50)}`,
      );
    }
  }
});

refused('a malformed path is 400, an unknown path 404, and another method 405', async (t) => {
  t.match((await send('GET', '/customers/%zz')).json(), { status: 400 });
  t.match((await send('GET', `/customers/${id}/unknown`)).json(), { status: 404 });
  t.match((await send('GET', '/customer')).json(), { status: 404 });
  const put = await send('PUT', '/customers', { body: GOOD });
  t.match(put.json(), { status: 405, code: 'method_not_allowed' });
  t.same(String(put.headers.allow).split(', ').sort(), ['GET', 'HEAD', 'OPTIONS', 'POST']);
  const post = await send('POST', `/customers/${id}`, { body: GOOD });
  t.same(String(post.headers.allow).split(', ').sort(), ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'PUT']);
});

refused('an invalid limit, date, order or cursor is 400 and named', async (t) => {
  const numbers = [
    '-0',
    '0',
    '2147483648',
    '9223372036854775808',
    '1e400',
    '1e1',
    '0x1',
    '0.5',
    'NaN',
    '',
    '٥',
  ];
  const bad: Record<string, string[]> = {
    n: [...numbers, '1001'],
    limit: [...numbers, '101'],
    dob_from: [
      ...numbers,
      '2023-02-29',
      '0000-01-01',
      '10000-01-01',
      '99999999999-01-01',
      '1960-05-25T00:00:00Z',
    ],
    dob_to: [...numbers, '1900-02-29', '-0001-01-01', '+010000-01-01', 'infinity', 'now', '1960-5-25'],
    sort: [...numbers, 'id', 'Dob', '--dob', '+dob', 'dob,name', 'dob;', 'constructor', '__proto__'],
    name: ['', 'a\0b', 'a\nb', '\u0085', 'x'.repeat(256), '🦊'.repeat(256)],
    cursor: [
      ...numbers,
      'x'.repeat(4_097),
      '🦊',
      '%',
      Buffer.from('[1e400,-0,null,{}]').toString('base64url'),
    ],
  };
  for (const [parameter, values] of Object.entries(bad)) {
    for (const value of values) {
      const response = await send('GET', `/customers?${new URLSearchParams({ [parameter]: value })}`);
      t.match(
        response.json(),
        { status: 400, code: 'invalid_request', errors: [{ pointer: `/${parameter}` }] },
        `${parameter}=${escaped(value).slice(0, 50)}`,
      );
    }
  }
});

refused('a forged cursor with a key that PostgreSQL would refuse is 400', async (t) => {
  const all = { descending: false, name: undefined, dobFrom: undefined, dobTo: undefined };
  const keys: Record<SortKey, string[]> = {
    dob: ['', '0000-01-01', '2023-02-29', '10000-01-01', 'infinity', 'now', '2147483648', '1960-05-25 BC'],
    name: ['', ' ', 'a\0', 'a\ud800', 'x'.repeat(256)],
    updated_at: [
      ...['', 'infinity', '9223372036854775808', '2023-02-30T00:00:00.000Z', '0000-01-01T00:00:00.000Z'],
      ...['2023-01-01T24:00:00.000Z', '2023-01-01T00:00:60.000Z', '275760-09-13T00:00:00.000Z'],
    ],
  };
  const positions = Object.entries(keys).flatMap(([sort, values]) => [
    ...values.map((key) => [sort as SortKey, { key, id }] as const),
    [sort as SortKey, { key: GOOD.dob, id: '1' }] as const,
    [sort as SortKey, { key: GOOD.dob, id: `{${id}}` }] as const,
  ]);
  for (const [sort, position] of positions) {
    const cursor = encodeCursor({ ...all, sort }, position);
    const response = await send('GET', `/customers?${new URLSearchParams({ sort, cursor })}`);
    t.match(
      response.json(),
      { status: 400, errors: [{ pointer: '/cursor' }] },
      `${sort} ${escaped(position).slice(0, 80)}`,
    );
  }
});

refused('a query that is not percent-encoded UTF-8 is 400', async (t) => {
  for (const value of ['%', '%z', '%zz', '%ff', '%C3', '%C3%28', '%ED%A0%80', '%C0%80', '%F4%90%80%80']) {
    for (const url of [
      `/customers?name=${value}`,
      `/customers?n=1&x${value}=1`,
      `/customers/${id}?${value}`,
    ]) {
      t.match((await send('GET', url)).json(), { status: 400, code: 'invalid_request' }, url);
    }
  }
  for (const bytes of ['Zo\u00eb', 'Zo\u00c3\u00ab', 'a b', 'a\tb', '\u007f', '\0']) {
    const bad = Buffer.from(`GET /customers?name=${bytes} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 'latin1');
    isProblem(t, await exchange(port, bad), 400, escaped(bytes));
  }
});
