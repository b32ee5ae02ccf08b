import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { rounds, type Teardown, testProxy, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { createRevocationFeed } from '../src/index.ts';
import { capturedLog } from './support/log.ts';
import { type RedisOfAuth, redisOfAuth } from './support/redis-of-auth.ts';

interface Options {
  maxStalenessSeconds?: number;
  now?: () => number;
  /** A URL with another user or port than that of the test's own client. */
  url?: string;
  isReplicated?: boolean;
}

/** Starts a feed on a Redis client with the options of service-kit. */
function startFeed(
  t: Teardown,
  redis: RedisOfAuth,
  { maxStalenessSeconds = 30, now, url, isReplicated = false }: Options = {},
) {
  const client = new Redis(url ?? redis.server.url, {
    lazyConnect: true,
    connectionName: 'test',
    connectTimeout: 300,
    commandTimeout: 300,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
  });
  const { log, messages } = capturedLog();
  const feed = createRevocationFeed({
    redis: client,
    maxStalenessSeconds,
    isReplicated,
    log,
    ...(now === undefined ? {} : { now }),
  });
  t.teardown(() => feed.stop());
  feed.start();
  return { feed, messages };
}

const isReady = (feed: { ready(): Promise<void> }) => waitFor(() => feed.ready().then(() => true));

/** The ids of the feeds' connections. */
async function connections(redis: RedisOfAuth): Promise<string[]> {
  const list = (await redis.client.client('LIST')) as string;
  return [...list.matchAll(/^id=(\d+) .* name=test-revocations /gm)].map((match) => match[1] ?? '');
}

/** The number of stream reads that Redis has answered. */
async function readsOf(redis: RedisOfAuth): Promise<number> {
  const stats = await redis.client.info('commandstats');
  return Number(/^cmdstat_xread:calls=(\d+)/m.exec(stats)?.[1] ?? 0);
}

t.test('a feed knows the revocations from before its start, and learns later ones', async (t) => {
  const redis = await redisOfAuth(t);
  await redis.revoke('sid', 'before');
  const { feed } = startFeed(t, redis);
  t.notOk(feed.isFresh(), 'not fresh before the first read');
  await t.rejects(feed.ready());
  await isReady(feed);
  t.ok(feed.isFresh());
  t.equal(feed.epoch, 'test-epoch');
  t.ok(feed.isRevoked('before'));
  for (const kind of ['sid', 'jti', 'kid'] as const) {
    t.notOk(feed.isRevoked(`a ${kind}`));
    await redis.revoke(kind, `a ${kind}`);
    await waitFor(() => feed.isRevoked(`a ${kind}`), 1_000);
  }
});

t.test('a feed reads a long stream to its end before it is ready', async (t) => {
  const redis = await redisOfAuth(t);
  const until = Math.floor(Date.now() / 1_000) + 600;
  const pipeline = redis.client.pipeline();
  for (let i = 0; i < 25_000; i += 1)
    pipeline.xadd('{auth}:revocations', '*', 'sid', `sid-${i}`, 'until', until);
  await pipeline.exec();
  const { feed } = startFeed(t, redis);
  await isReady(feed);
  for (const i of [0, 9_999, 10_000, 20_000, 24_999]) t.ok(feed.isRevoked(`sid-${i}`), String(i));
});

t.test('an empty read keeps the feed fresh', async (t) => {
  const { feed } = startFeed(t, await redisOfAuth(t), { maxStalenessSeconds: 1 });
  await isReady(feed);
  for (let i = 0; i < 4; i += 1) {
    await feed.nextRead();
    t.ok(feed.isFresh());
  }
});

t.test('freshness counts from the sending of the answered read', async (t) => {
  let nowMs = 0;
  const redis = await redisOfAuth(t);
  const { feed } = startFeed(t, redis, { maxStalenessSeconds: 5, now: () => nowMs });
  await isReady(feed);
  const inFlight = feed.nextRead();
  nowMs = 5_001;
  t.notOk(feed.isFresh());
  await redis.revoke('sid', 'a');
  await inFlight;
  t.notOk(feed.isFresh(), 'the answer to a read that was sent too long ago');
  await feed.nextRead();
  t.ok(feed.isFresh());
});

t.test('a feed notices a paused Redis, replaces the connection and recovers', async (t) => {
  const redis = await redisOfAuth(t);
  const { feed, messages } = startFeed(t, redis);
  await isReady(feed);
  const before = await connections(redis);
  redis.server.pause();
  await t.rejects(feed.nextRead(), 'the read is not answered');
  await waitFor(() => messages().length === 1);
  redis.server.resume();
  await redis.revoke('sid', 'meanwhile');
  await waitFor(() => feed.isRevoked('meanwhile'));
  await waitFor(async () => (await connections(redis)).length === 1);
  t.not((await connections(redis))[0], before[0]);
  t.strictSame(
    messages(),
    ['the revocation feed cannot be followed', 'the revocation feed is followed again'],
    'each message once',
  );
});

t.test('a connection that loses its packets is replaced within two seconds', async (t) => {
  const redis = await redisOfAuth(t);
  const proxy = await testProxy(t, redis.server.port);
  const { feed } = startFeed(t, redis, { url: `redis://127.0.0.1:${proxy.port}` });
  await isReady(feed);
  proxy.silenceOpen();
  await redis.revoke('sid', 'meanwhile');
  await waitFor(() => feed.isRevoked('meanwhile'), 2_000);
});

t.test('a feed starts while Redis is paused or away', async (t) => {
  const redis = await redisOfAuth(t);
  redis.server.pause();
  const { feed: first, messages } = startFeed(t, redis);
  await waitFor(() => messages().length === 1);
  redis.server.resume();
  await isReady(first);
  await redis.server.stop();
  const { feed: second } = startFeed(t, redis);
  await t.rejects(second.ready());
  await redis.server.start();
  await Promise.all([isReady(second), waitFor(() => first.nextRead().then(() => true))]);
  t.equal(second.epoch, 'test-epoch');
});

t.test('a feed survives the loss of its connection', async (t) => {
  const redis = await redisOfAuth(t);
  const { feed } = startFeed(t, redis);
  await isReady(feed);
  for (let i = 0; i < 3; i += 1) {
    await waitFor(async () => (await connections(redis)).length === 1);
    const [id] = await connections(redis);
    await redis.client
      .multi()
      .client('KILL', 'ID', Number(id))
      .xadd('{auth}:revocations', '*', 'sid', `${i}`)
      .exec();
    await waitFor(() => feed.isRevoked(`${i}`));
  }
  t.ok(feed.isFresh());
});

t.test('an entry is kept for the lifetime of a token, or until its own end, and then dropped', async (t) => {
  const redis = await redisOfAuth(t);
  let nowMs = 0;
  const { feed } = startFeed(t, redis, { now: () => nowMs, maxStalenessSeconds: 1_000_000 });
  await isReady(feed);
  const seconds = Math.floor(Date.now() / 1_000);
  await redis.revoke('kid', 'an end far in the future', seconds + 10_000);
  await redis.revoke('sid', 'an end in the past', seconds - 60);
  await redis.revoke('sid', 'a malformed end', Number.NaN);
  await waitFor(() => feed.isRevoked('a malformed end'));
  nowMs = 664_000;
  await feed.nextRead();
  await feed.nextRead();
  t.ok(feed.isRevoked('an end in the past'));
  t.ok(feed.isRevoked('a malformed end'));
  nowMs = 665_000;
  await feed.nextRead();
  await feed.nextRead();
  t.notOk(feed.isRevoked('an end in the past'), 'dropped before an older entry with a later end');
  t.notOk(feed.isRevoked('a malformed end'));
  t.ok(feed.isRevoked('an end far in the future'));
});

t.test('setting the time of day, there and back, makes no revoked token valid', async (t) => {
  const redis = await redisOfAuth(t);
  const { feed } = startFeed(t, redis);
  await isReady(feed);
  await redis.revoke('sid', 'gone');
  await waitFor(() => feed.isRevoked('gone'));
  const { now } = Date;
  let stepMs = 3_600_000;
  t.intercept(Date, 'now', { value: () => now() + stepMs });
  for (let i = 0; i < 5; i++) await feed.nextRead(); // more than the second between two sweeps
  stepMs = 0;
  t.ok(feed.isRevoked('gone'));
});

t.test('setting the time of day back, and leaving it there, makes no revoked token valid', async (t) => {
  const redis = await redisOfAuth(t);
  let nowMs = 0;
  const { feed } = startFeed(t, redis, { now: () => nowMs, maxStalenessSeconds: 1_000_000 });
  await isReady(feed);
  await redis.revoke('sid', 'gone');
  await waitFor(() => feed.isRevoked('gone'));
  const { now } = Date;
  t.intercept(Date, 'now', { value: () => now() - 1_200_000 });
  nowMs = 720_000;
  await feed.nextRead();
  await feed.nextRead();
  t.ok(feed.isRevoked('gone'), 'its tokens have not expired by the time of day');
});

t.test('a new epoch makes the feed read the stream from its start, and forget no revocation', async (t) => {
  const redis = await redisOfAuth(t);
  const { feed, messages } = startFeed(t, redis);
  await isReady(feed);
  await redis.revoke('sid', 'old');
  await waitFor(() => feed.isRevoked('old'));

  await redis.client.flushall();
  await waitFor(() => feed.epoch === undefined, 1_500);
  t.ok(feed.isFresh(), 'Redis answers that it has no epoch');
  t.ok(feed.isRevoked('old'));

  // an empty Redis may give lower ids than those that the feed has read
  await redis.client.xadd(
    '{auth}:revocations',
    '1-1',
    'sid',
    'new',
    'until',
    Math.floor(Date.now() / 1_000) + 600,
  );
  await redis.nameEpoch('the next');
  await waitFor(() => feed.epoch === 'the next', 1_000);
  t.ok(feed.isRevoked('new'));
  t.ok(feed.isRevoked('old'));
  t.strictSame(messages(), ['Redis has other data than before: access tokens from before are refused']);
});

t.test(
  'over a new connection the feed reads the stream from its start, because Redis may be another',
  async (t) => {
    const redis = await redisOfAuth(t);
    const { feed } = startFeed(t, redis);
    await isReady(feed);
    await redis.revoke('sid', 'first');
    await waitFor(() => feed.isRevoked('first'));
    const [id] = await connections(redis);
    const until = Math.floor(Date.now() / 1_000) + 600;
    await redis.client
      .multi()
      .del('{auth}:revocations')
      .xadd('{auth}:revocations', '1-1', 'sid', 'from a clock that is behind', 'until', until)
      .client('KILL', 'ID', Number(id))
      .exec();
    await waitFor(() => feed.isRevoked('from a clock that is behind'));
    t.ok(feed.isRevoked('first'));
  },
);

t.test('an entry that is read again over a new connection expires when it would have', async (t) => {
  const redis = await redisOfAuth(t);
  let nowMs = 0;
  const { feed, messages } = startFeed(t, redis, { now: () => nowMs });
  await isReady(feed);
  await redis.revoke('sid', 'gone', Math.floor(Date.now() / 1_000));
  await waitFor(() => feed.isRevoked('gone'));
  nowMs = 600_000;
  await waitFor(() => feed.isFresh());
  const [id] = await connections(redis);
  await redis.client.client('KILL', 'ID', Number(id));
  await waitFor(() => messages().includes('the revocation feed is followed again'));
  nowMs = 670_000;
  await waitFor(() => !feed.isRevoked('gone'));
});

t.test('a feed knows the first epoch as soon as auth writes it', async (t) => {
  const redis = await redisOfAuth(t, { epoch: null });
  const { feed, messages } = startFeed(t, redis);
  await isReady(feed);
  t.equal(feed.epoch, undefined);
  const read = feed.nextRead();
  await redis.nameEpoch('the first');
  await read;
  t.equal(feed.epoch, 'the first');
  t.strictSame(messages(), [], 'the log has no loss of data');
});

t.test('a feed that becomes ready knows an epoch that auth wrote during the load', async (t) => {
  const redis = await redisOfAuth(t, { epoch: null });
  const pipeline = redis.client.pipeline();
  for (let i = 0; i < 30_000; i += 1) pipeline.xadd('{auth}:revocations', '*', 'sid', `sid-${i}`);
  await pipeline.exec();
  const { feed } = startFeed(t, redis);
  await waitFor(async () => (await readsOf(redis)) >= 1);
  await redis.nameEpoch('the first');
  await isReady(feed);
  t.equal(feed.epoch, 'the first');
});

t.test('a feed needs no more rights in Redis than customers has', async (t) => {
  const redis = await redisOfAuth(t);
  const commands = 'hello auth ping info client xread xrange get quit select command'.split(' ');
  await redis.client.call('ACL', [
    'SETUSER',
    'customers',
    'on',
    '>secret',
    '%R~{auth}:revocations',
    '%R~{auth}:epoch',
    ...commands.map((command) => `+${command}`),
  ]);
  const { feed } = startFeed(t, redis, { url: `redis://customers:secret@127.0.0.1:${redis.server.port}` });
  await isReady(feed);
  await redis.revoke('sid', 'a');
  await waitFor(() => feed.isRevoked('a'));
});

t.test(
  'with replicas a feed may run scripts, and none of them can write a key or read a session',
  async (t) => {
    const redis = await redisOfAuth(t);
    await redis.client.hset('{auth}:session:1', 'user_id', 'ann');
    const commands = 'hello auth ping info client xread xrange get quit select command eval'.split(' ');
    const rights = ['%R~{auth}:revocations', '%R~{auth}:epoch', ...commands.map((command) => `+${command}`)];
    await redis.client.call('ACL', ['SETUSER', 'customers', 'on', '>secret', ...rights]);
    const url = `redis://customers:secret@127.0.0.1:${redis.server.port}`;
    const { feed } = startFeed(t, redis, { url, isReplicated: true });
    await isReady(feed);

    const thief = new Redis(url);
    t.teardown(() => thief.disconnect());
    for (const [command, key, ...args] of [
      ['SET', '{auth}:epoch', 'another'],
      ['DEL', '{auth}:revocations'],
      ['XADD', '{auth}:revocations', '*', 'sid', 'all'],
      ['HGETALL', '{auth}:session:1'],
      ['GET', '{auth}:session:1'],
      ['SET', 'key', 'value'],
    ] as [string, string, ...string[]][]) {
      await t.rejects(thief.call(command, key, ...args), /NOPERM/, command);
      const script = 'return redis.call(unpack(ARGV))';
      await t.rejects(thief.eval(script, 0, command, key, ...args), /can't|NOPERM|ACL failure/, command);
      await t.rejects(thief.eval(script, 1, key, command, key, ...args), /can't|NOPERM|ACL failure/, command);
    }
    t.equal(await redis.client.get('{auth}:epoch'), 'test-epoch');
  },
);

t.test('with a wrong password a feed is never fresh, and logs it once', async (t) => {
  const redis = await redisOfAuth(t);
  await redis.client.call('ACL', ['SETUSER', 'default', 'resetpass', '>right']);
  const { feed, messages } = startFeed(t, redis, { url: `redis://:wrong@127.0.0.1:${redis.server.port}` });
  await waitFor(() => messages().length === 1);
  await t.rejects(feed.nextRead());
  await t.rejects(feed.ready());
  await redis.client.call('ACL', ['SETUSER', 'default', 'resetpass', '>wrong']);
  await isReady(feed);
  t.equal(messages().length, 2);
});

t.test('stop closes the connection', async (t) => {
  const redis = await redisOfAuth(t);
  const { feed, messages } = startFeed(t, redis);
  await isReady(feed);
  feed.stop();
  await waitFor(async () => (await connections(redis)).length === 0, 1_000);
  await t.rejects(feed.nextRead());
  t.strictSame(messages(), []);
});

t.test('100,000 live entries are loaded in seconds, and dropped when they expire', async (t) => {
  const redis = await redisOfAuth(t);
  const entries = rounds({ short: 20_000, long: 100_000 });
  const until = Math.floor(Date.now() / 1_000);
  for (let i = 0; i < entries; i += 1_000) {
    const pipeline = redis.client.pipeline();
    for (let j = i; j < i + 1_000; j++) {
      pipeline.xadd('{auth}:revocations', '*', 'sid', `session-number-${j}`, 'until', until);
    }
    await pipeline.exec();
  }
  const inRedis = Number(await redis.client.memory('USAGE', '{auth}:revocations', 'SAMPLES', 0));

  let now = 0;
  const start = performance.now();
  const { feed } = startFeed(t, redis, { now: () => now });
  await waitFor(() => feed.ready().then(() => true), 10_000);
  const loadedMs = performance.now() - start;
  t.ok(feed.isRevoked('session-number-0'));
  t.ok(feed.isRevoked(`session-number-${entries - 1}`));

  now = 664_000;
  await feed.nextRead();
  t.ok(feed.isRevoked('session-number-0'), 'kept for the lifetime of a token');
  const withEntries = heapUsed();
  now = 670_000;
  await waitFor(
    () => !feed.isRevoked('session-number-0') && !feed.isRevoked(`session-number-${entries - 1}`),
  );
  const released = withEntries - heapUsed();
  t.ok(released > entries * 50, 'their memory is released');
  const megabytes = [inRedis, released].map((bytes) => (bytes / 1e6).toFixed(1));
  t.comment(
    `${entries} entries: loaded in ${loadedMs.toFixed()} ms, ${megabytes[0]} MB in Redis, ${megabytes[1]} MB in a process`,
  );
});

t.test('a primary that has lost its replicas is read, but its answers are no news', async (t) => {
  const redis = await redisOfAuth(t);
  await redis.revoke('sid', 'before');
  await redis.client.config('SET', 'min-replicas-to-write', '1');
  const { feed, messages } = startFeed(t, redis, { isReplicated: true });
  await waitFor(() => feed.isRevoked('before'));
  await t.rejects(feed.ready(), 'it may have been replaced by another primary');
  await waitFor(() => messages().includes('the revocation feed cannot be followed'));
  const before = await readsOf(redis);
  await waitFor(async () => (await readsOf(redis)) > before + 2);
  t.notOk(feed.isFresh());
  await redis.client.config('SET', 'min-replicas-to-write', '0');
  await isReady(feed);
});

t.test('the epoch of an unproven primary replaces no other, and its revocations are kept', async (t) => {
  const redis = await redisOfAuth(t);
  const { feed, messages } = startFeed(t, redis, { isReplicated: true });
  await isReady(feed);
  const [id] = await connections(redis);
  // over its next connection the feed finds a primary that has other data, and none of its replicas
  await redis.client
    .multi()
    .set('{auth}:epoch', 'foreign')
    .xadd('{auth}:revocations', '*', 'sid', 'a')
    .config('SET', 'min-replicas-to-write', '1')
    .client('KILL', 'ID', Number(id))
    .exec();
  await waitFor(() => feed.isRevoked('a'));
  const before = await readsOf(redis);
  await waitFor(async () => (await readsOf(redis)) > before + 2);
  t.equal(feed.epoch, 'test-epoch', 'so no user is signed out');
  t.notOk(messages().some((message) => message.startsWith('Redis has other data')));
  await redis.client.config('SET', 'min-replicas-to-write', '0');
  await waitFor(() => feed.epoch === 'foreign');
});

t.test('a replica is no source of news either', async (t) => {
  const [redis, replica] = await Promise.all([redisOfAuth(t), redisOfAuth(t)]);
  await redis.revoke('sid', 'before');
  await replica.client.replicaof('127.0.0.1', redis.server.port);
  const { feed } = startFeed(t, redis, { isReplicated: true, url: replica.server.url });
  await waitFor(() => feed.isRevoked('before'));
  await redis.revoke('sid', 'after');
  await waitFor(() => feed.isRevoked('after'));
  await t.rejects(feed.ready());
  await replica.client.replicaof('no', 'one');
  await isReady(feed);
});

/** The bytes in use after a garbage collection. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
