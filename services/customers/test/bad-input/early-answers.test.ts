import { sendBlindly } from '@pair/test-kit';
import t from 'tap';
import { isProblem, nginxBefore, target } from '../support/bad-input.ts';
import { ready } from '../support/service.ts';
import { parse } from '../support/wire.ts';

t.setTimeout(120_000);

const { app, port, token, refused, request } = await target(t);
const nginx = await nginxBefore(t, port);
await ready(app);

const MIB = 1024 * 1024;
const CSV = 'Content-Type: text/csv';
const JSON_TYPE = 'Content-Type: application/json';

/** Returns the bytes of a request without a valid token. */
const anonymous = (method: string, url: string, headers: string[]) =>
  Buffer.from(String(request(method, url, headers)).replace(`Bearer ${token}`, 'Bearer x'));

/** Requests that the service refuses early: each a header, and the beginning of a body of any length. */
function early(size: number): [name: string, status: number, header: Buffer, begin?: string][] {
  const length = `Content-Length: ${size}`;
  const file = (...headers: string[]) => request('POST', '/customers/import', [length, ...headers]);
  return [
    ['a customer that is too long', 413, request('POST', '/customers', [JSON_TYPE, length])],
    ['a customer without a token', 401, anonymous('POST', '/customers', [JSON_TYPE, length])],
    ['a customer for a method that is not allowed', 405, request('PUT', '/customers', [length])],
    ['a file without a token', 401, anonymous('POST', '/customers/import', [CSV, length])],
    ['a file of another type', 415, file('Content-Type: text/plain')],
    ['a file with an Accept that fits no type', 406, file(CSV, 'Accept: text/html')],
    ['a file with another coding', 415, file(CSV, 'Content-Encoding: gzip')],
    ['a file with an unknown parameter', 400, request('POST', '/customers/import?x=1', [length, CSV])],
    ['a file with an unknown column', 422, file(CSV), 'name,dob,nickname\n'],
  ];
}

for (const [size, times] of [
  [20 * 1024, 20],
  [20 * MIB, 5],
] as const) {
  refused(
    `a client that sends ${size} bytes before it reads gets its answer, each of ${times} times`,
    async (t) => {
      for (const [name, status, header, begin = ''] of early(size)) {
        const body = Buffer.alloc(size, 'x');
        body.write(begin);
        for (let i = 0; i < times; i++) {
          isProblem(t, parse(await sendBlindly(port, header, body)), status, name);
        }
      }
    },
  );
}

refused('a client that sends more than 128 MiB before it reads gets its answer', async (t) => {
  const body = Buffer.alloc(160 * MIB, 'x');
  body.write('name,dob\n');
  const header = request('POST', '/customers/import', [CSV, 'Transfer-Encoding: chunked']);
  const chunk = [Buffer.from(`${body.length.toString(16)}\r\n`), body, '\r\n0\r\n\r\n'];
  const answer = parse(await sendBlindly(port, header, ...chunk));
  t.match(isProblem(t, answer, 413, 'the service'), { code: 'body_too_large' });
});

refused('the early refusals of the service arrive through the gateway too', async (t) => {
  for (const [name, status, header] of early(20 * MIB).slice(3, 7)) {
    const answer = parse(await sendBlindly(nginx, header, Buffer.alloc(20 * MIB, 'x')));
    isProblem(t, answer, status, name);
  }
});
