import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder, testNginx, waitFor } from '@pair/test-kit';
import t, { type Test } from 'tap';

/** Byte sequences that are not UTF-8 (RFC 3629 §4), by their fault. */
const NOT_UTF8: Record<string, number[]> = {
  'a byte of Latin-1': [0xe9],
  'a continuation alone': [0x80],
  'a sequence that is cut': [0xe2, 0x82],
  'a sequence of four that is cut': [0xf0, 0x9f, 0x98],
  'an overlong slash': [0xc0, 0xaf],
  'an overlong sequence of three': [0xe0, 0x80, 0xaf],
  'an overlong sequence of four': [0xf0, 0x80, 0x80, 0xaf],
  'a surrogate': [0xed, 0xa0, 0x80],
  'beyond U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
  'a lead byte that UTF-8 does not have': [0xf5, 0x80, 0x80, 0x80],
  'the bytes of UTF-16': [0xff, 0xfe],
};
/** Each kind of well-formed sequence, at both ends of its range. */
const UTF8 =
  '\u0080\u07ff\u0800\u0fff\u1000\ud7ff\ue000\uffff\u{10000}\u{3ffff}\u{40000}\u{fffff}\u{100000}\u{10ffff}';

interface Line {
  method: string;
  path: string;
  status: number;
  user_agent: string;
}

/** Starts nginx in front of a service that answers. Returns functions that send raw bytes and read the access log. */
async function gateway(t: Test) {
  const service = createServer((_request, response) => response.end('from the service'));
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  t.teardown(() => {
    service.close();
    service.closeAllConnections();
  });
  const { port } = service.address() as AddressInfo;
  const file = join(temporaryFolder('access-log'), 'access.log');
  const url = await testNginx(t, { auth: [port], customers: [port] }, { accessLog: file });

  /** Waits for `count` lines and parses all. Throws if a line is not UTF-8 or not JSON. */
  async function lines(count: number): Promise<Line[]> {
    const read = () => readFileSync(file).toString('latin1').split('\n').slice(0, -1);
    await waitFor(() => read().length >= count);
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return read().map((line) => JSON.parse(decoder.decode(Buffer.from(line, 'latin1'))));
  }
  return { send: (...parts: Part[]) => send(url, Buffer.concat(parts.map(toBuffer))), lines };
}

type Part = string | number[];
const toBuffer = (part: Part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part));

function send(url: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(bytes));
    socket.resume().on('error', () => resolve());
    socket.on('close', () => resolve());
  });
}

t.test('whatever bytes a client sends, each line of the access log is JSON in UTF-8', async (t) => {
  const { send, lines } = await gateway(t);
  const end = '\r\nHost: x\r\nConnection: close\r\n\r\n';
  let sent = 0;
  for (const bytes of Object.values(NOT_UTF8)) {
    await send('GET /customers/', bytes, ' HTTP/1.1', end);
    await send('GET /customers?', bytes, ' HTTP/1.1', end);
    await send('GET /customers HTTP/1.1\r\nUser-Agent: curl ', bytes, end);
    await send(
      'GET /customers HTTP/1.1\r\nReferer: ',
      bytes,
      '\r\nCookie: ',
      bytes,
      '\r\nX-Request-Id: ',
      bytes,
      end,
    );
    await send('GET /customers HTTP/1.1\r\nHost: ', bytes, '\r\nConnection: close\r\n\r\n');
    await send('GET', bytes, ' /customers HTTP/1.1', end);
    await send(bytes, ' /customers HTTP/1.1', end);
    await send('GET /customers HTTP/1.', bytes, end);
    await send('GET /customers HTTP/1.1\r\n', bytes, ': x', end);
    await send('GET http://', bytes, '/customers HTTP/1.1', end);
    sent += 10;
  }
  for (const bytes of [
    [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0xd3, 0x0a, 0x0a], // TLS
    ...['GET /\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET / HTTP/1.1', '\0\0\0\n', `${'x'.repeat(3_000)}\r\n\r\n`],
    `GET /${'é'.repeat(8_000)} HTTP/1.1${end}`,
    `${'A'.repeat(1_500)} / HTTP/1.1${end}`,
    `POST /customers HTTP/1.1\r\nContent-Length: 5${end}`,
  ]) {
    await send(bytes);
    sent += 1;
  }
  for (const { method, status } of await lines(sent)) {
    t.ok(method.length <= 20);
    t.ok(Number.isInteger(status));
  }
});

t.test('a path and a user agent are logged up to the first byte that is not UTF-8', async (t) => {
  const { send, lines } = await gateway(t);
  const cases = Object.entries(NOT_UTF8);
  for (const [, bytes] of cases) {
    await send('GET /customers/é', bytes, 'x HTTP/1.0\r\nUser-Agent: né', bytes, 'x\r\n\r\n');
  }
  const logged = await lines(cases.length);
  for (const [i, [fault]] of cases.entries()) {
    t.match(logged[i], { path: '/customers/é', user_agent: 'né' }, fault);
  }
});

t.test('UTF-8 is logged unchanged, and is cut between two characters', async (t) => {
  const { send, lines } = await gateway(t);
  const controls = '\u0001\t\u007f'; // nginx refuses them in a path
  await send(`GET /customers/"\\${UTF8} HTTP/1.0\r\nUser-Agent: "\\${controls}${UTF8}\r\n\r\n`);
  await send(`GET /${'😀'.repeat(200)} HTTP/1.0\r\nUser-Agent: x${'€'.repeat(100)}\r\n\r\n`);
  const [kept, cut] = await lines(2);
  t.match(kept, { path: `/customers/"\\${UTF8}`, user_agent: `"\\${controls}${UTF8}` });
  t.match(cut, { path: `/${'😀'.repeat(124)}`, user_agent: `x${'€'.repeat(66)}` });
});
