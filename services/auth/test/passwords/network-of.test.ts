import t from 'tap';
import { networkOf } from '../../src/passwords/network-of.ts';

t.test('an IPv4 address is one network, also in IPv6 notation', async (t) => {
  t.equal(networkOf('203.0.113.7'), '203.0.113.7');
  t.equal(networkOf('::ffff:203.0.113.7'), '203.0.113.7');
  t.equal(networkOf('::FFFF:cb00:7107'), '203.0.113.7');
  t.not(networkOf('203.0.113.8'), networkOf('203.0.113.7'));
});

t.test('all addresses of one IPv6 /64 are one network, in every spelling', async (t) => {
  for (const address of [
    '2001:db8:0:1::',
    '2001:db8:0:1::1',
    '2001:0DB8:0000:0001:ffff:ffff:ffff:ffff',
    '2001:db8:0:1:2::%eth0',
  ]) {
    t.equal(networkOf(address), '2001:db8:0:1::/64', address);
  }
  t.equal(networkOf('2001:db8:0:2::1'), '2001:db8:0:2::/64');
  t.equal(networkOf('::1'), '::/64');
});

t.test('all texts that are no address are one network, not a key that an attacker can choose', async (t) => {
  for (const address of ['', 'unknown', '203.0.113.7:1234', '203.0.113.7 ', 'x'.repeat(10_000)]) {
    t.equal(networkOf(address), 'unknown', address.slice(0, 20));
  }
});
