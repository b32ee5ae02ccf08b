import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freePort, temporaryFolder, testNginx, waitFor } from '@pair/test-kit';
import t from 'tap';

/** nginx writes the colon between the replicas of the first round and those of the second. */
const SECOND_ROUND = ' : ';

const breaks = createServer((request) => request.socket.destroy()).listen(0, '127.0.0.1');
await once(breaks, 'listening');
t.teardown(() => breaks.close());
const accessLog = join(temporaryFolder('access-log'), 'access.log');
const url = await testNginx(
  t,
  { auth: [(breaks.address() as AddressInfo).port], customers: [await freePort()] },
  { accessLog },
);

/** Sends a request in vain, and returns the number of rounds in which nginx tried the replicas. */
async function roundsOf(method: string, path: string): Promise<number> {
  const response = await fetch(url + path, { method, body: method === 'GET' ? null : '{}' });
  const { code, error } = (await response.json()) as Record<string, string>;
  t.match([response.status, code ?? error], [503, /unavailable$/]);
  t.equal(response.headers.get('retry-after'), '1');
  const lines = () => readFileSync(accessLog, 'utf8').split('\n');
  const lineOf = () => lines().find((text) => text.endsWith('}') && text.includes(`"path":"${path}"`));
  await waitFor(() => lineOf() !== undefined);
  return JSON.parse(lineOf() ?? '').upstream.split(SECOND_ROUND).length;
}

t.test('a request begins again, once, if no replica has got a byte of it', async (t) => {
  t.equal(await roundsOf('GET', '/customers'), 2);
  t.equal(await roundsOf('PATCH', '/customers/1'), 2);
});

t.test('a request that a replica has got never does', async (t) => {
  t.equal(await roundsOf('POST', '/auth/refresh'), 1);
  t.equal(await roundsOf('POST', '/oauth/token'), 1);
});

t.test('no transfer begins again: nginx has not kept its file', async (t) => {
  t.equal(await roundsOf('POST', '/customers/import'), 1);
  t.equal(await roundsOf('GET', '/customers/export'), 1);
});
