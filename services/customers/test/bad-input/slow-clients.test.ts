import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { GOOD_JSON, isProblem, nginxBefore, target } from '../support/bad-input.ts';
import { exchange } from '../support/wire.ts';

const { app, port, log, refused, request } = await target(t);

const LENGTH = GOOD_JSON.length;
const [FIRST, REST] = [GOOD_JSON.slice(0, 20), GOOD_JSON.slice(20)];
const post = (headers: string[], body: string) =>
  request('POST', '/customers', ['Content-Type: application/json', ...headers], body);

/** Requests with an unfinished body, and the rest that would complete them. */
const UNFINISHED: [name: string, bytes: Buffer, rest: string][] = [
  ['less than Content-Length says', post([`Content-Length: ${LENGTH}`], FIRST), REST],
  ['nothing of what Content-Length says', post([`Content-Length: ${LENGTH}`], ''), GOOD_JSON],
  [
    'chunks without an end',
    post(['Transfer-Encoding: chunked'], `${LENGTH.toString(16)}\r\n${GOOD_JSON}\r\n`),
    '0\r\n\r\n',
  ],
  [
    'a chunk that is shorter than it says',
    post(['Transfer-Encoding: chunked'], `${LENGTH.toString(16)}\r\n${FIRST}`),
    `${REST}\r\n0\r\n\r\n`,
  ],
  ['with an Idempotency-Key', post([`Content-Length: ${LENGTH}`, 'Idempotency-Key: slow'], FIRST), REST],
];

refused('a request that does not end is 408, and its rest is ignored', async (t) => {
  t.equal(app.server.requestTimeout, 15_000);
  t.equal(app.server.headersTimeout, 15_000, 'otherwise Node would use the larger limit for bodies');
  app.server.requestTimeout = 200;
  app.server.headersTimeout = 200;
  const header = request('GET', '/customers', []).subarray(0, -2);
  const unfinished: typeof UNFINISHED = [...UNFINISHED, ['a header without an end', header, '\r\n']];
  const answers = unfinished.map(async ([name, bytes, afterwards]) => {
    const answer = await exchange(port, bytes, { afterwards });
    t.match(isProblem(t, answer, 408, name), { code: 'request_timeout' });
  });
  await Promise.all(answers);
  app.server.requestTimeout = 15_000;
  app.server.headersTimeout = 15_000;
});

refused('a client that leaves while it sends has no effect, and leaves no line in the log', async (t) => {
  const before = log();
  for (const [name, bytes] of UNFINISHED) {
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const arrived = once(app.server, 'request');
      const socket = sending(port, bytes);
      const [incoming] = await arrived;
      socket[leave]();
      await waitFor(() => incoming.closed);
      t.pass(`${leave}: ${name}`);
    }
  }
  t.equal(log(), before);
});

refused('the gateway does not forward a request that its client did not finish', async (t) => {
  const nginx = await nginxBefore(t, port);
  const arrived: IncomingMessage[] = [];
  app.server.on('request', (incoming) => arrived.push(incoming));
  for (const [, bytes] of UNFINISHED) {
    const socket = sending(nginx, bytes);
    await once(socket, 'connect');
    socket.end();
    await once(socket, 'close');
  }
  t.equal(arrived.length, 0);
});

function sending(door: number, bytes: Buffer): Socket {
  const socket = connect(door, '127.0.0.1', () => socket.write(bytes));
  return socket.on('error', () => {});
}
