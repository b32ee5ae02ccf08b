import t from 'tap';
import { escaped, GOOD, isProblem, nginxBefore, target } from '../support/bad-input.ts';
import { exchange } from '../support/wire.ts';

const { port, writes, send, refused, request } = await target(t);
const nginx = await nginxBefore(t, port);

/** Returns a body with these bytes in the middle of the name. */
function named(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from('{"name":"a'), bytes, Buffer.from(`b","dob":"${GOOD.dob}"}`)]);
}

function headersFor(body: Buffer): string[] {
  return ['Content-Type: application/json', `Content-Length: ${body.length}`];
}

refused('bytes that are not UTF-8, and unescaped control characters, are 400', async (t) => {
  const bytes: Record<string, string[]> = {
    'half of a surrogate pair (WTF-8)': ['eda080', 'edadbf', 'edb080', 'edbfbf'],
    'a whole surrogate pair (CESU-8)': ['eda0bdedb880'],
    'an overlong form': [
      'c080',
      'c0af',
      'c1bf',
      'e08080',
      'e080af',
      'e09fbf',
      'f0808080',
      'f08fbfbf',
      'fc8080808080',
    ],
    'beyond U+10FFFF': ['f4908080', 'f5808080', 'f8888080', 'ff', 'fe'],
    'cut off': ['c3', 'e2', 'e282', 'f09fa6', 'f09f'],
    'a continuation byte alone': ['80', 'bf', 'c3abab'],
    'another encoding': ['eb', 'e900', '1b2442'],
    'a control character': Array.from({ length: 32 }, (_, code) => code.toString(16).padStart(2, '0')),
  };
  for (const [name, list] of Object.entries(bytes)) {
    for (const hex of list) {
      const body = named(Buffer.from(hex, 'hex'));
      for (const [method, url] of writes) {
        const answer = await exchange(port, request(method, url, headersFor(body), body));
        t.match(isProblem(t, answer, 400, `${method}: ${name}, ${hex}`), { code: 'invalid_json' });
      }
      const answer = await exchange(nginx, request('POST', '/customers', headersFor(body), body));
      isProblem(t, answer, 400, `through nginx: ${name}, ${hex}`);
    }
  }
});

refused('escaped halves of surrogate pairs and escaped control characters are 422', async (t) => {
  const escaped = [
    ...[
      '\\ud800',
      '\\uDBFF',
      '\\udc00',
      '\\udfff',
      '\\udc00\\ud800',
      '\\ud83e\\ud83e\\udd8a',
      '\\ud83eX\\udd8a',
    ],
    ...[
      '\\u0000',
      '\\u0001',
      '\\b',
      '\\f',
      '\\n',
      '\\r',
      '\\t',
      '\\u001b',
      '\\u001f',
      '\\u007f',
      '\\u0080',
      '\\u009f',
    ],
  ];
  for (const [method, url] of writes) {
    for (const text of escaped) {
      const body = `{"name":"a${text}b","dob":"${GOOD.dob}"}`;
      t.match(
        (await send(method, url, { body })).json(),
        { status: 422, errors: [{ pointer: '/name', detail: /control characters/ }] },
        `${method} ${text}`,
      );
    }
    // JSON allows U+007F and the C1 control characters unescaped
    for (const hex of ['7f', 'c280', 'c285', 'c29f']) {
      const body = named(Buffer.from(hex, 'hex'));
      t.match(
        (await send(method, url, { body })).json(),
        { status: 422, errors: [{ pointer: '/name' }] },
        hex,
      );
    }
  }
});

refused('a name of more than 255 code points in NFC is 422', async (t) => {
  const names: [description: string, name: string][] = [
    ...['a', 'é', '龍', '🦊'].map((letter): [string, string] => [letter, letter.repeat(256)]),
    ['a letter and its accent, one code point in NFC', 'e\u0301'.repeat(256)],
    ['syllables in three parts, one code point in NFC', '\u1100\u1161\u11a8'.repeat(256)],
    ['a code point that is two in NFC', '\u0958'.repeat(128)],
    ['a code point that is three in NFC', '\ufb2c'.repeat(86)],
    ['a code point of four bytes that is three in NFC', '\u{1d160}'.repeat(86)],
    ['a letter with accents that NFC cannot compose', `a${'\u0301'.repeat(256)}`],
  ];
  for (const [method, url] of writes) {
    for (const [description, name] of names) {
      const body = { ...GOOD, name };
      t.match(
        (await send(method, url, { body })).json(),
        { status: 422, errors: [{ pointer: '/name', detail: /255 characters/ }] },
        `${method}: ${description}`,
      );
    }
  }
});

refused('a name of white space alone is 422', async (t) => {
  const spaces = [
    ...[
      '',
      ' ',
      '\t',
      '\n\r\v\f',
      '\u00a0',
      '\u1680',
      '\u2000\u200a',
      '\u2028\u2029',
      '\u202f',
      '\u205f',
      '\u3000',
    ],
    '\ufeff',
  ];
  for (const [method, url] of writes) {
    for (const name of spaces) {
      const response = await send(method, url, { body: { ...GOOD, name } });
      t.match(response.json(), { status: 422, errors: [{ pointer: '/name' }] }, escaped(name));
    }
  }
});
