import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { compactVerify, importJWK, importSPKI } from 'jose';
import { t } from 'tap';
import { jwksServer, mintClaims, mintKey, startProcess, testNginx, waitFor } from '../src/index.ts';

t.test('the public half of a minted key verifies its signatures', async (t) => {
  const key = await mintKey();
  const token = await key.sign(mintClaims({ scope: 'users:admin' }));
  const published = await importJWK(key.publicJwk, 'ES256');
  const { payload, protectedHeader } = await compactVerify(token, published);
  t.strictSame(protectedHeader, { alg: 'ES256', typ: 'at+jwt', kid: key.kid });
  const claims = JSON.parse(new TextDecoder().decode(payload));
  t.equal(claims.scope, 'users:admin');
  t.equal(claims.exp - claims.iat, 600);
  await t.resolves(compactVerify(token, await importSPKI(key.publicPem, 'ES256')));
});

t.test('a minted header can be wrong in any way', async (t) => {
  const key = await mintKey();
  const [header] = (await key.sign([], { typ: undefined, kid: 'odd' })).split('.');
  t.strictSame(JSON.parse(Buffer.from(header ?? '', 'base64url').toString()), { alg: 'ES256', kid: 'odd' });
});

t.test('a key set server counts requests, changes its keys, misbehaves, stops and starts', async (t) => {
  const [one, other] = [await mintKey(), await mintKey()];
  const server = await jwksServer(t, [one]);
  t.strictSame(await get(server.url), { keys: [one.publicJwk] });
  server.keys = [one, other];
  t.strictSame(await get(server.url), { keys: [one.publicJwk, other.publicJwk] });
  server.respond = (_request, response) => response.end('{}');
  t.strictSame(await get(server.url), {});
  t.equal(server.requests, 3);
  await server.stop();
  await t.rejects(fetch(server.url));
  await server.start();
  t.strictSame(await get(server.url), {});
});

t.test('nginx passes requests to the given ports', async (t) => {
  const upstream = createServer((request, response) => response.end(`here is ${request.url}`));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  t.teardown(() => upstream.close());
  const { port } = upstream.address() as AddressInfo;
  const url = await testNginx(t, { auth: [port], customers: [port] });
  const answer = await fetch(`${url}/customers?n=5`);
  t.equal(await answer.text(), 'here is /customers?n=5');
  t.equal((await fetch(`${url}/`)).status, 200);
});

t.test('startProcess passes the input, and keeps the output and the exit code', async (t) => {
  const started = await startProcess(t, {
    entry: 'packages/test-kit/test/fixtures/echo.mjs',
    env: { EXIT_CODE: '3' },
    args: ['one'],
    input: 'two',
  });
  t.equal(await started.exited, 3);
  t.equal(started.output(), '["one"] two\n');
});

t.test('waitFor gives up, with the last error as the cause', async (t) => {
  const fails = () => {
    throw new Error('not yet');
  };
  await t.rejects(waitFor(fails, 20), { message: /within 20 ms/, cause: { message: 'not yet' } });
});

async function get(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}
