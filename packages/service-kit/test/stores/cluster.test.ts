import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, testCluster, testRedis, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import { Redis, type RedisOptions } from 'ioredis';
import t, { type Test } from 'tap';
import { awaitRedis, redis, redisAddress } from '../../src/index.ts';
import { startedProcess } from '../support/process.ts';

const LIMIT_MS = 15_000;
const withoutOpenssl = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed';
const key = '{auth}:n';
/** A right that the user of a service needs beside its others. */
const RIGHT = '+cluster|slots';

const service = (REDIS_URL: string) => async (app: FastifyInstance) => {
  await app.register(redis, { settings: { REDIS_URL }, name: 'test' });
  app.get('/incr', async () => ({ n: await app.redis.incr(key), port: app.redis.stream.remotePort }));
};

async function operator(t: Test, url: string): Promise<Redis> {
  const client = new Redis(url);
  client.on('error', () => {}); // the server stops first
  t.teardown(() => client.disconnect());
  return client;
}

t.test('a process follows the primary of a cluster, and needs one right more', async (t) => {
  const cluster = await testCluster(t, ['--min-replicas-to-write', '0']);
  for (const { url } of cluster.servers) {
    const client = await operator(t, url);
    await client.call('ACL', 'SETUSER', 'auth', 'on', '>a/b', '~{auth}:*', '-@all', ...RIGHTS, RIGHT);
  }
  const { app } = await startedProcess(t, [service(cluster.url.replace('://', '://auth:a%2Fb@'))]);
  const seen = new Set<number>();
  let isOver = false;
  const traffic = (async () => {
    while (!isOver) {
      seen.add((await app.inject('/incr')).statusCode);
      await delay(20);
    }
  })();
  const follows = async (name: string) => {
    await waitFor(async () => {
      const answer = await app.inject('/incr');
      return answer.statusCode === 200 && answer.json().port === (await cluster.primary()).port;
    }, LIMIT_MS);
    t.pass(name);
  };
  await follows('at the start');
  await cluster.failover();
  await follows('after a planned failover');
  const primary = await cluster.primary();
  await cluster.inSync();
  await primary.kill();
  await cluster.failover('TAKEOVER');
  await follows('after a crash of the primary');
  await primary.start();
  await cluster.inSync();
  await follows('after its return');
  isOver = true;
  await traffic;
  t.strictSame([...seen].sort(), [200, 503], 'each request got an answer, or 503');
});

const RIGHTS = ['+@connection', '+@read', '+@write', '+info'];

t.test('one sentence says why a Redis is no cluster with one shard', async (t) => {
  const node = async () =>
    testRedis(t, { args: ['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`] });
  const [first, second, alone] = [await node(), await node(), await testRedis(t)];
  const client = await operator(t, first.url);
  const refusal = (port: number) =>
    awaitRedis({ REDIS_URL: `redis+cluster://127.0.0.1:${port}` }, 500).then(
      () => '',
      ({ message }: Error) => message,
    );
  t.match(await refusal(alone.port), 'ERR This instance has cluster support disabled');
  t.match(await refusal(first.port), '16384 of its slots have no node');

  await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
  t.match(
    await refusal(first.port),
    /: no node of the cluster names a primary: 8192 of its slots have no node\. /,
  );

  const other = await operator(t, second.url);
  await other.call('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
  const [, busPort = ''] = /@(\d+)/.exec(String(await client.call('CLUSTER', 'NODES'))) ?? [];
  await other.call('CLUSTER', 'MEET', '127.0.0.1', `${first.port}`, busPort);
  await waitFor(async () => /it has 2 shards, and the services need/.test(await refusal(first.port)));

  const { app, logged } = await startedProcess(t, [service(`redis+cluster://127.0.0.1:${first.port}`)]);
  t.equal((await app.inject('/readyz')).statusCode, 503);
  t.match(JSON.stringify(logged()), 'it has 2 shards', 'the log has the sentence');
});

t.test(
  'with TLS the certificate must have the name that the cluster gives to its primary',
  { skip: withoutOpenssl },
  async (t) => {
    const folder = t.testdir();
    const [certificate, privateKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
        ...['-out', certificate, '-keyout', privateKey],
      ],
      { stdio: 'ignore' },
    );
    const tlsPort = await freePort();
    const server = await testRedis(t, {
      args: [
        ...['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`, '--tls-cluster', 'yes'],
        ...['--tls-port', `${tlsPort}`, '--tls-auth-clients', 'no', '--tls-ca-cert-file', certificate],
        ...['--tls-cert-file', certificate, '--tls-key-file', privateKey],
        ...['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname'],
      ],
    });
    const client = await operator(t, server.url);
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    const connect = async (name: string) => {
      const { url, options } = redisAddress({ REDIS_URL: `rediss+cluster://localhost:${tlsPort}` });
      const { error } = await attempt(url, options);
      t.match(error?.message, 'self-signed certificate', 'an unknown certificate is refused');
      await client.config('SET', 'cluster-announce-hostname', name);
      return attempt(url, { ...options, tls: { ca: readFileSync(certificate) } });
    };
    t.equal((await connect('localhost')).pong, 'PONG');
    t.match((await connect('127.0.0.1')).error?.message, "is not in the cert's list");
  },
);

/** Connects once, and sends PING. */
async function attempt(
  url: string,
  options: Omit<RedisOptions, 'replyMapping'>,
): Promise<{ pong?: string; error?: Error }> {
  const client = new Redis(url, { ...options, lazyConnect: true, retryStrategy: () => null });
  let error: Error | undefined;
  client.on('error', (reason) => {
    error ??= reason;
  });
  try {
    await client.connect();
    return { pong: await client.ping() };
  } catch (reason) {
    return { error: error ?? (reason as Error) };
  } finally {
    client.disconnect();
  }
}
