import { freePort } from '@pair/local-stores';
import { Redis } from 'ioredis';
import type { Teardown } from './teardown.ts';
import { testRedis } from './test-redis.ts';
import type { TestServer } from './test-server.ts';
import { waitFor } from './wait-for.ts';

const LAST_SLOT = 16_383;

/** A Redis Cluster with one shard: a primary, which has all slots, and a replica. */
export interface TestCluster {
  url: string;
  /** The first one is the primary at the start. */
  servers: [TestServer, TestServer];
  /** Resolves to the server that is the primary by its own account, and by that of the other if it answers. */
  primary(): Promise<TestServer>;
  /**
   * The replica takes over. Resolves when it is the primary.
   *
   * @param how `TAKEOVER` also while the primary does not answer; default: in agreement with it
   */
  failover(how?: 'TAKEOVER'): Promise<void>;
  /** Resolves when the primary has its replica. */
  inSync(): Promise<void>;
}

/** Starts the servers, and waits until both know their roles. `args` go to both command lines. */
export async function testCluster(t: Teardown, args: string[] = []): Promise<TestCluster> {
  const start = async () =>
    testRedis(t, { args: [...ARGS, '--cluster-port', `${await freePort()}`, ...args] });
  const servers: [TestServer, TestServer] = [await start(), await start()];
  const [first, second] = servers;
  const busPort = /@(\d+)/.exec(String(await command(first, 'CLUSTER', 'NODES')))?.[1] ?? '';
  await command(first, 'CLUSTER', 'ADDSLOTSRANGE', '0', `${LAST_SLOT}`);
  await command(second, 'CLUSTER', 'MEET', '127.0.0.1', `${first.port}`, busPort);
  const id = String(await command(first, 'CLUSTER', 'MYID'));
  await waitFor(async () => (await command(second, 'CLUSTER', 'REPLICATE', id)) === 'OK');

  async function primary(): Promise<TestServer> {
    const roles = await Promise.all(servers.map((server) => roleOf(server).catch(() => undefined)));
    const [only, other] = servers.filter((_, i) => roles[i] === 'master');
    if (only === undefined || other !== undefined) throw new Error('there is not one primary');
    return only;
  }

  const inSync = () =>
    waitFor(async () =>
      String(await command(await primary(), 'INFO', 'replication')).includes('state=online'),
    );
  await inSync();
  await waitFor(async () => {
    const infos = await Promise.all(servers.map((server) => command(server, 'CLUSTER', 'INFO')));
    return infos.every((info) => String(info).includes('cluster_state:ok'));
  });
  return {
    url: `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    servers,
    primary,
    inSync,
    async failover(how) {
      const roles = await Promise.all(servers.map((server) => roleOf(server).catch(() => undefined)));
      const replica = servers[roles.indexOf('slave')];
      if (replica === undefined) throw new Error('there is no replica');
      await command(replica, 'CLUSTER', 'FAILOVER', ...(how === undefined ? [] : [how]));
      await waitFor(async () => (await roleOf(replica)) === 'master');
    },
  };
}

/** A new replica gets its data at once, because a test does not wait for others. */
const ARGS = [
  ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'],
  ...['--min-replicas-to-write', '1', '--min-replicas-max-lag', '2'],
  ...['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'],
];

async function roleOf(server: TestServer): Promise<string> {
  const [role] = (await command(server, 'ROLE')) as [string];
  return role;
}

async function command({ port }: TestServer, name: string, ...args: string[]): Promise<unknown> {
  const client = new Redis({
    port,
    host: '127.0.0.1',
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    commandTimeout: 1_000,
    retryStrategy: () => null,
  });
  client.on('error', () => {}); // the command rejects
  try {
    return await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}
