import net, { type AddressInfo } from 'node:net';
import { mintClaims } from '@pair/test-kit';
import type { InjectOptions } from 'fastify';
import t from 'tap';
import { guardedProcess, ready } from './support/guarded-process.ts';

const guarded = await guardedProcess(t);
await ready(guarded);
const { app } = guarded;
const token = await guarded.key.sign(mintClaims());
const get = (authorization: string) => app.inject({ url: '/', headers: { authorization } });

t.test('the scheme may be written in any case', async (t) => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
    t.equal((await get(`${scheme} ${token}`)).statusCode, 200, scheme);
  }
});

t.test('any number of spaces may follow the scheme (RFC 6750 §2.1)', async (t) => {
  for (const spaces of [1, 2, 3, 8_000]) {
    t.equal((await get(`Bearer${' '.repeat(spaces)}${token}`)).statusCode, 200, `${spaces}`);
    t.equal((await get(`bearer${' '.repeat(spaces)}${token}`)).statusCode, 200, `${spaces}`);
  }
});

t.test('a request without a token gets a challenge without an error', async (t) => {
  const requests: Record<string, InjectOptions> = {
    'no header': {},
    'an empty header': { headers: { authorization: '' } },
    'another scheme': { headers: { authorization: 'Basic YWRtaW46YWRtaW4=' } },
    'a scheme that begins alike': { headers: { authorization: `Bearers ${token}` } },
    'the token alone': { headers: { authorization: token } },
    'a tab after the scheme': { headers: { authorization: `Bearer\t${token}` } },
    'the token in the query': { url: `/?access_token=${token}` },
    'the token in a cookie': { headers: { cookie: `access_token=${token}; token=${token}` } },
    'the token in another header': {
      headers: { 'x-access-token': token, 'proxy-authorization': `Bearer ${token}` },
    },
  };
  for (const [name, request] of Object.entries(requests)) {
    const response = await app.inject({ url: '/', ...request });
    t.equal(response.statusCode, 401, name);
    t.equal(response.headers['www-authenticate'], 'Bearer, DPoP algs="ES256"', name);
    t.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8', name);
    t.equal(response.json().code, 'token_required', name);
  }
});

t.test('a Bearer header that is not one token is an invalid token', async (t) => {
  for (const header of [
    'Bearer',
    'Bearer ',
    `Bearer   ${token} `,
    `Bearer \t${token}`,
    `Bearer${' '.repeat(8_000)}`,
    `Bearer ${token} `,
    `Bearer ${token} ${token}`,
    `Bearer ${token}, Bearer ${token}`,
    `Bearer "${token}"`,
    `Bearer token=${token}`,
    `Bearer ${token}\u00e9`,
  ]) {
    const response = await get(header);
    t.equal(response.statusCode, 401, header.slice(0, 20));
    t.match(response.headers['www-authenticate'], /^Bearer error="invalid_token"/, header.slice(0, 20));
  }
});

t.test('two Authorization headers are refused, because a proxy may have checked the other', async (t) => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const statusOf = (...headers: string[]) =>
    new Promise<string>((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.write(`GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers.join('\r\n')}\r\n\r\n`);
      });
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(answer.slice(9, 12)));
    });
  t.equal(await statusOf(`Authorization: Bearer ${token}`), '200', 'one header: the token is cached now');
  t.equal(await statusOf(`Authorization: Bearer ${token}`, `authorization: Bearer ${token}`), '401');
  t.equal(await statusOf(`AUTHORIZATION: Bearer ${token}`, 'Authorization: Basic YTpi'), '401');
  t.equal(await statusOf('Authorization: Basic YTpi', `Authorization: Bearer ${token}`), '401');
});
