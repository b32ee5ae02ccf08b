import t from 'tap';
import { GOOD_JSON, isProblem, nginxBefore, target } from '../support/bad-input.ts';
import { exchange } from '../support/wire.ts';

const { port, refused, request, send } = await target(t);
const nginx = await nginxBefore(t, port);

const LENGTH = GOOD_JSON.length;
const HEX_LENGTH = LENGTH.toString(16);
const JSON_TYPE = 'Content-Type: application/json';
const post = (headers: string[], body = '') => request('POST', '/customers', [JSON_TYPE, ...headers], body);
const chunked = (body: string, codings = 'chunked') => post([`Transfer-Encoding: ${codings}`], body);

refused('a Content-Length that is not a number, or occurs twice, is 400', async (t) => {
  const lengths = [
    ...[
      '-1',
      `-${LENGTH}`,
      `+${LENGTH}`,
      '0x21',
      '1e1',
      '33.0',
      '3 3',
      'abc',
      '٣٣',
      '',
      '18446744073709551616',
    ],
    `${LENGTH}, ${LENGTH}`,
    `${LENGTH}\r\nContent-Length: ${LENGTH}`,
    `${LENGTH}\r\nContent-Length: ${LENGTH + 1}`,
    `${LENGTH}\r\nTransfer-Encoding: chunked`,
  ];
  for (const length of lengths) {
    for (const door of [port, nginx]) {
      const answer = await exchange(door, post([`Content-Length: ${length}`], GOOD_JSON));
      isProblem(t, answer, 400, JSON.stringify(length));
    }
  }
});

refused('a body that is longer than its Content-Length is 400', async (t) => {
  for (const door of [port, nginx]) {
    isProblem(t, await exchange(door, post([`Content-Length: ${LENGTH - 5}`], GOOD_JSON)), 400, 'too long');
  }
});

refused('a request whose client ends the body too early has no effect', async (t) => {
  const bytes = post([`Content-Length: ${LENGTH + 5}`], GOOD_JSON);
  isProblem(t, await exchange(port, bytes, { end: true }), 400, 'the service');
  t.equal(
    await exchange(nginx, bytes, { end: true }),
    undefined,
    'nginx does not answer a client that is gone',
  );
});

refused('chunks with a wrong size, or without a size, are 400', async (t) => {
  const bodies = [
    `${(LENGTH - 5).toString(16)}\r\n${GOOD_JSON}\r\n0\r\n\r\n`,
    `zz\r\n${GOOD_JSON}\r\n0\r\n\r\n`,
    `-5\r\n${GOOD_JSON}\r\n0\r\n\r\n`,
    `0x${HEX_LENGTH}\r\n${GOOD_JSON}\r\n0\r\n\r\n`,
    `\r\n${GOOD_JSON}\r\n0\r\n\r\n`,
    `fffffffffffffffff\r\n${GOOD_JSON}\r\n0\r\n\r\n`,
    `${HEX_LENGTH}\r\n${GOOD_JSON}0\r\n\r\n`,
    `${HEX_LENGTH}\r\n${GOOD_JSON}\r\nzz\r\n`,
    GOOD_JSON,
  ];
  for (const body of bodies) {
    for (const door of [port, nginx]) isProblem(t, await exchange(door, chunked(body)), 400, body);
  }
});

refused('any other transfer coding than chunked alone is refused', async (t) => {
  for (const codings of [
    'gzip, chunked',
    'chunked, gzip',
    'chunked, chunked',
    'identity',
    'gzip',
    'xchunked',
    '"chunked"',
  ]) {
    const bytes = chunked(`${HEX_LENGTH}\r\n${GOOD_JSON}\r\n0\r\n\r\n`, codings);
    isProblem(t, await exchange(port, bytes), 400, codings);
    isProblem(t, await exchange(nginx, bytes), 501, codings);
  }
});

refused('a Content-Length above the limit is 413 before the client sends the body', async (t) => {
  for (const length of ['16385', '2147483648', '9007199254740993']) {
    for (const more of [[], ['Expect: 100-continue']]) {
      for (const door of [port, nginx]) {
        const answer = await exchange(door, post([`Content-Length: ${length}`, ...more]));
        t.match(isProblem(t, answer, 413, length), { code: 'body_too_large' });
      }
    }
  }
});

refused('a chunked body above the limit is 413 before its end', async (t) => {
  for (const door of [port, nginx]) {
    const bytes = chunked(`4001\r\n${' '.repeat(0x4001)}\r\n`);
    t.match(isProblem(t, await exchange(door, bytes), 413, 'chunked'), { code: 'body_too_large' });
  }
});

refused('an unknown expectation is 417', async (t) => {
  for (const expectation of ['200-ok', '', '100-continue, 200-ok', '100-continuous']) {
    const bytes = post([`Content-Length: ${LENGTH}`, `Expect: ${expectation}`], GOOD_JSON);
    const problem = isProblem(t, await exchange(port, bytes), 417, JSON.stringify(expectation));
    t.match(problem, { code: 'expectation_failed', instance: '/customers' });
  }
});

t.test('a client that expects 100-continue gets it, and then its answer', async (t) => {
  const { id } = (await send('GET', '/customers?n=1')).json().items[0];
  for (const door of [port, nginx]) {
    const headers = [JSON_TYPE, `Content-Length: ${LENGTH}`, 'Expect: 100-Continue'];
    const answer = await exchange(door, request('PATCH', `/customers/${id}`, headers, GOOD_JSON));
    t.equal(answer?.status, 200);
  }
});
