import t from 'tap';
import { escaped, GOOD, target } from '../support/bad-input.ts';

const { send, writes, refused } = await target(t);

const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);

refused('members of a wrong type or with an invalid value are 422 and named', async (t) => {
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
  for (const [method, url] of writes) {
    for (const [pointer, members] of bad) {
      const response = await send(method, url, { body: { ...GOOD, ...members } });
      t.match(
        response.json(),
        { status: 422, code: 'validation_failed', errors: [{ pointer, detail: String }] },
        `${method} ${escaped(members).slice(0, 60)}`,
      );
      t.match(response.headers['content-type'], /^application\/problem\+json/);
    }
  }
});

refused('the answer lists all faults of a body at once', async (t) => {
  const response = await send('POST', '/customers', { body: { name: 5, typo: 1 } });
  t.same(
    response
      .json()
      .errors.map(({ pointer }: { pointer: string }) => pointer)
      .sort(),
    ['/dob', '/name', '/typo'],
  );
});

refused('a body that is not an object is 422', async (t) => {
  for (const [method, url] of writes) {
    for (const body of ['null', '[]', '"Ann"', '42', 'true', `[${JSON.stringify(GOOD)}]`]) {
      t.match(
        (await send(method, url, { body })).json(),
        { status: 422, errors: [{ pointer: '' }] },
        `${method} ${body}`,
      );
    }
  }
});

/** Numbers beyond int4, int8 and double, and unusual spellings of numbers. */
const NUMBERS = [
  ...[
    '2147483648',
    '-2147483649',
    '9223372036854775808',
    '18446744073709551616',
    '1e400',
    '-1e400',
    '1e-400',
  ],
  ...['-0', '0.0', '1E+2', '9'.repeat(1_000), `0.${'1'.repeat(1_000)}`],
];

refused('a number of any size is neither a name nor a date', async (t) => {
  for (const [method, url] of writes) {
    for (const number of NUMBERS) {
      for (const [member, other] of [
        ['name', '"dob":"1960-05-25"'],
        ['dob', '"name":"Ann"'],
      ]) {
        const body = `{"${member}":${number},${other}}`;
        t.match(
          (await send(method, url, { body })).json(),
          { status: 422, errors: [{ pointer: `/${member}`, detail: 'must be string' }] },
          `${method} ${body.slice(0, 60)}`,
        );
      }
    }
  }
});

refused('a version that no row can have is 412', async (t) => {
  for (const version of NUMBERS) {
    for (const [method, url] of writes.slice(1)) {
      const response = await send(method, url, { body: GOOD, headers: { 'if-match': `"${version}"` } });
      t.match(response.json(), { status: 412 }, version.slice(0, 30));
    }
  }
});

refused('the pointer to an unknown member is shortened, and valid Unicode', async (t) => {
  const names: [sent: string, pointer: string][] = [
    ['a/b~c', '/a~1b~0c'],
    ['\ud800', '/\ufffd'],
    ['\0', '/\0'],
    [`${'x'.repeat(99)}🦊`, `/${'x'.repeat(99)}\ufffd`],
  ];
  for (const [name, pointer] of names) {
    const response = await send('POST', '/customers', { body: { ...GOOD, [name]: 1 } });
    t.same(response.json().errors, [{ pointer, detail: 'is not known here' }], escaped(name));
    t.equal(response.statusCode, 422);
  }
});
