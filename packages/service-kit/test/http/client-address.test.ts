import t, { type Test } from 'tap';
import { startedProcess } from '../support/process.ts';

async function started(t: Test, TRUSTED_PROXIES: string[]) {
  const { app } = await startedProcess(t, [async (app) => void app.get('/ip', async ({ ip }) => ({ ip }))], {
    TRUSTED_PROXIES,
  });
  return async (forwarded: string | undefined, remoteAddress = '127.0.0.1') => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    return (await app.inject({ url: '/ip', headers, remoteAddress })).json().ip;
  };
}

t.test('an address is the same in every notation of a trusted proxy', async (t) => {
  const ip = await started(t, ['loopback']);
  const cases: [forwarded: string, address: string][] = [
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    [' 203.0.113.7:1 ', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:CB00:7107', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:0DB8:0:0::0001', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:443', 'fe80::1'],
    ['2001:db8::1:443', '2001:db8::1:443'],
    ['198.51.100.1, 203.0.113.7:51234', '203.0.113.7'],
    ['junk, 203.0.113.7', '203.0.113.7'],
  ];
  for (const [forwarded, address] of cases) t.equal(await ip(forwarded), address, forwarded);
});

t.test('a proxy that does not name its client counts as the client', async (t) => {
  const ip = await started(t, ['loopback', '10.0.0.0/8']);
  for (const forwarded of [
    'unknown',
    '_hidden',
    '',
    ',',
    '203.0.113.7, unknown',
    '203.0.113.7,',
    '203.0.113.7:123456',
    '203.0.113.7:',
    '203.0.113.07',
    '203.0.113',
    '0x7f.1',
    '[203.0.113.7]:80',
    '[2001:db8::1',
    '2001:db8::1]:443',
    '203.0.113.7 198.51.100.1',
    "'; DROP TABLE security_events",
    'x'.repeat(8_000),
  ]) {
    t.equal(await ip(forwarded), '127.0.0.1', forwarded.slice(0, 40));
  }
  t.equal(await ip('203.0.113.7, unknown, 10.0.0.9:80'), '10.0.0.9');
});

t.test('behind several proxies the client is the last address that is not a trusted proxy', async (t) => {
  const ip = await started(t, ['loopback', '10.0.0.0/8', '2001:db8:ffff::/48']);
  t.equal(await ip('203.0.113.7:51234, 10.0.0.5:8443'), '203.0.113.7', 'a proxy with a port is trusted');
  t.equal(await ip('203.0.113.7, [2001:DB8:FFFF::5]:8443, 10.0.0.5'), '203.0.113.7');
  t.equal(await ip('203.0.113.7, ::ffff:10.0.0.5'), '203.0.113.7');
  t.equal(await ip('203.0.113.7', '::ffff:127.0.0.1'), '203.0.113.7');
  t.equal(
    await ip('203.0.113.7, 198.51.100.1:1, 10.0.0.5'),
    '198.51.100.1',
    'entries before an untrusted proxy do not count',
  );
  t.equal(await ip('10.0.0.8, 10.0.0.9'), '10.0.0.8');
});

t.test('other peers are not trusted, and the address of a connection is canonical too', async (t) => {
  const ip = await started(t, ['10.0.0.0/8']);
  t.equal(await ip('203.0.113.7'), '127.0.0.1');
  t.equal(await ip('203.0.113.7', '::ffff:198.51.100.1'), '198.51.100.1');
  const direct = await started(t, []);
  t.equal(await direct('203.0.113.7', '::ffff:198.51.100.1'), '198.51.100.1');
  t.equal(await direct(undefined, '2001:DB8::1'), '2001:db8::1');
});
