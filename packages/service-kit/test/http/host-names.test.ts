import t, { type Test } from 'tap';
import { exchange, listening, startedProcess } from '../support/process.ts';

const HOST_NAMES = ['localhost', '127.0.0.1', '[::1]', 'Id.Example.org'];

async function started(t: Test, hostNames?: string[]) {
  const { app } = await startedProcess(
    t,
    [async (app) => void app.get('/things', async () => 'things')],
    { TRUSTED_PROXIES: ['loopback'], CORS_ORIGINS: ['https://app.example'] },
    hostNames === undefined ? {} : { hostNames },
  );
  return { app, port: await listening(app) };
}

const get = (port: number, target: string, ...headers: string[]) =>
  exchange(port, `${[`GET ${target} HTTP/1.1`, ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`);

t.test('a process with host names answers to them, with any port and in any case', async (t) => {
  const { port } = await started(t, HOST_NAMES);
  for (const host of [
    'localhost',
    'localhost:8080',
    `LocalHost:${port}`,
    'localhost.',
    'localhost.:8080',
    'localhost:',
    '127.0.0.1',
    '127.0.0.1:8080',
    '[::1]',
    '[::1]:8080',
    'id.example.org',
    'ID.EXAMPLE.ORG.:443',
  ]) {
    t.match(await get(port, '/things', `Host: ${host}`), /^HTTP\/1.1 200 /, host);
  }
});

t.test('a request for another name is 421, and the error says what to do', async (t) => {
  const { app, port } = await started(t, HOST_NAMES);
  for (const host of [
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    'evil-localhost',
    'x.localhost',
    'localhost..',
    'localhost@evil.example',
    'evil.example@localhost',
    'localhost:80:80',
    'localhost:evil',
    'localhost,evil.example',
    'localhost/evil',
    '127.0.0.1.evil.example',
    '127.0.0.2',
    '::1',
    '[::2]',
    '[::1]evil',
    '',
  ]) {
    const answer = await get(port, '/things', `Host: ${host}`);
    t.match(answer, /^HTTP\/1.1 421 Misdirected Request\r\n.*application\/problem\+json/s, host);
    t.match(
      answer,
      /"code":"misdirected_request","detail":".*localhost, 127.0.0.1, .*set.*ISSUER|ISSUER.*set/,
    );
    t.notMatch(answer, /evil\.example/, 'the error does not repeat the name');
  }
  for (const url of ['/nothing', '/%zz', '/livez', '/things?x=%zz']) {
    t.equal((await app.inject({ url, headers: { host: 'evil.example' } })).statusCode, 421, url);
  }
  const preflight = {
    host: 'evil.example',
    origin: 'https://app.example',
    'access-control-request-method': 'GET',
  };
  t.equal((await app.inject({ method: 'OPTIONS', url: '/things', headers: preflight })).statusCode, 421);
});

t.test('X-Forwarded-Host and Forwarded do not count, and the target of the request does', async (t) => {
  const { port } = await started(t, HOST_NAMES);
  const forwarded = ['X-Forwarded-Host: localhost', 'Forwarded: host=localhost'];
  t.match(await get(port, '/things', 'Host: evil.example', ...forwarded), /^HTTP\/1.1 421 /);
  t.match(await get(port, '/things', 'Host: localhost', 'X-Forwarded-Host: evil.example'), /^HTTP\/1.1 200 /);
  t.match(await get(port, 'http://localhost:1/things', 'Host: localhost:1'), /^HTTP\/1.1 200 /);
  t.match(await get(port, 'http://evil.example/things', 'Host: localhost'), /^HTTP\/1.1 421 /);
  t.match(await get(port, 'HTTP://user@localhost/things', 'Host: localhost'), /^HTTP\/1.1 421 /);
});

t.test('HTTP/1.0 without a Host, which no browser sends, is answered', async (t) => {
  const { port } = await started(t, HOST_NAMES);
  t.match(await exchange(port, 'GET /things HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 /);
  t.match(await exchange(port, 'GET /things HTTP/1.0\r\nHost: evil.example\r\n\r\n'), /^HTTP\/1.1 421 /);
  t.match(await get(port, '/things'), /^HTTP\/1.1 400 /);
});

t.test('behind a gateway a process answers to any name', async (t) => {
  const { port } = await started(t);
  t.match(await get(port, '/things', 'Host: evil.example'), /^HTTP\/1.1 200 /);
});
