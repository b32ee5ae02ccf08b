import t from 'tap';
import { redisAddress } from '../../src/index.ts';

t.test('the URL of one Redis is passed on as it is', async (t) => {
  for (const url of ['redis://h', 'rediss://user:a%2Fb@h:6380/1']) {
    t.match(redisAddress({ REDIS_URL: url }), { url, options: {}, sentinels: undefined });
  }
});

t.test('the URL with Sentinels has the credentials of Redis, and the Connector finds the host', async (t) => {
  for (const [url, primary] of [
    ['redis+sentinel://h1:26379,h2,[::1]:1/sessions', 'redis://sentinel'],
    ['redis+sentinel://auth:a%2Fb@h1/sessions', 'redis://auth:a%2Fb@sentinel'],
    ['rediss+sentinel://:secret@h1,h2/name-1.a_b', 'rediss://:secret@sentinel'],
  ] as const) {
    const address = redisAddress({ REDIS_URL: url });
    t.equal(address.url, primary);
    t.type(address.options.Connector, 'function');
  }
});

t.test('the URL of a cluster has its credentials, and the Connector finds the host', async (t) => {
  for (const [url, primary] of [
    ['redis+cluster://h1', 'redis://cluster'],
    ['redis+cluster://auth:a%2Fb@h1:7000,h2', 'redis://auth:a%2Fb@cluster'],
    ['rediss+cluster://:secret@clustercfg.example.org:6379', 'rediss://:secret@cluster'],
  ] as const) {
    const address = redisAddress({ REDIS_URL: url });
    t.match(address, { url: primary, isCluster: true, sentinels: undefined });
    t.type(address.options.Connector, 'function');
  }
});

t.test('a malformed URL is refused, and the error does not repeat it', async (t) => {
  for (const url of [
    '',
    'redis://',
    'http://h',
    'redis://user:a/b@h',
    'redis+sentinel://:hunter2@h1',
    'redis+sentinel://:hunter2@h1/',
    'redis+sentinel://:hunter2@/name',
    'redis+sentinel://:hunter2@h1,,h2/name',
    'redis+sentinel://:hunter2@h1:port/name',
    'redis+sentinel://:hunter2@h1:65536/name',
    'redis+sentinel://:hunter2@h1/name/0',
    'redis+sentinel://:hunter2@h1/name?db=1',
    'redis+sentinel://:hunter2%@h1/name',
    'redis+sentinel://:hunter2@extra@h1/name',
    'sentinel://:hunter2@h1/name',
    'redis+cluster://:hunter2@',
    'redis+cluster://:hunter2@h1,,h2',
    'redis+cluster://:hunter2@h1/1',
    'redis+cluster://:hunter2@h1/name',
    'redis+cluster://:hunter2@h1:port',
    'redis+cluster://:hunter2%@h1',
    'redis+cluster://h1?password=hunter2',
  ]) {
    t.throws(() => redisAddress({ REDIS_URL: url }), { message: 'The URL of Redis is malformed.' }, url);
  }
});
