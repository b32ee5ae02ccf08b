import { Redis } from 'ioredis';
import type { Teardown } from './teardown.ts';
import { type TestNetwork, testNetwork } from './test-network.ts';
import { testRedis } from './test-redis.ts';
import type { TestServer } from './test-server.ts';
import { waitFor } from './wait-for.ts';

const NAME = 'sessions';
const REPLICAS = 2;
const QUORUM = 2;
const NODES = [0, 1, 2];
/** Several attempts, each with the `failover-timeout` of `watching`. */
const FAILOVER_LIMIT_MS = 60_000;

/** A primary of Redis with two replicas, and three Sentinels that watch it. Each node has one server and one Sentinel. */
export interface TestReplicas {
  /** Leads to the primary by the Sentinels. */
  url: string;
  /** The same for a client that `network` can cut off by this name. */
  urlOf(user: string): string;
  /** Divides the servers `node0` to `node2`, the Sentinels `sentinel0` to `sentinel2`, and the users of `urlOf`. */
  network: TestNetwork;
  /** The first one is the primary at the start. */
  servers: TestServer[];
  sentinels: TestServer[];
  /** Resolves to the server that most Sentinels name as the primary. */
  primary(): Promise<TestServer>;
  /** The port at which the Sentinels announce a server: that of its relay. */
  announcedPort(server: TestServer): number;
  /** Makes a server a replica of the current primary. A node that starts again does so, or it would be a second primary. */
  rejoin(server: TestServer): Promise<void>;
  /** Resolves when the primary has all its replicas. */
  inSync(): Promise<void>;
  /** Orders a failover, as an operator does before maintenance. Resolves when the Sentinels name another primary. */
  failover(): Promise<void>;
}

/**
 * Starts the servers, and waits until each Sentinel knows all of them.
 *
 * @param options.users the names for `urlOf`
 */
export async function testReplicas(
  t: Teardown,
  { users = [], downAfterMs = 1_000 }: { users?: string[]; downAfterMs?: number } = {},
): Promise<TestReplicas> {
  const network = testNetwork(t);
  const relays = await Promise.all(NODES.map((node) => network.relay(`node${node}`)));
  const ports = relays.map(({ port }) => port);
  const config = namedUsers(users);
  const start = async (node: number) => {
    const announced = ['--replica-announce-ip', '127.0.0.1', '--replica-announce-port', String(ports[node])];
    const named = ['--masteruser', `node${node}`, '--masterauth', PASSWORD];
    const server = await testRedis(t, { config, args: [...ARGS, ...announced, ...named] });
    (relays[node] as { target: number }).target = server.port;
    return server;
  };
  const servers = await Promise.all(NODES.map(start));
  const [first, ...replicas] = servers as [TestServer, ...TestServer[]];
  // not an argument of the server: a primary that starts again would follow its own replica
  for (const replica of replicas)
    await asOperator(replica, (client) => client.replicaof('127.0.0.1', ports[0] ?? 0));
  await waitFor(async () => (await linked(first)) === REPLICAS);
  const sentinelRelays = await Promise.all(NODES.map((node) => network.relay(`sentinel${node}`)));
  const sentinels = await Promise.all(
    sentinelRelays.map(async (relay, node) => {
      const lines = [...config, ...watching(node, ports[0] ?? 0, downAfterMs)];
      const announced = [`sentinel announce-ip 127.0.0.1`, `sentinel announce-port ${relay.port}`];
      const sentinel = await testRedis(t, { args: ['--sentinel'], config: [...lines, ...announced] });
      relay.target = sentinel.port;
      return sentinel;
    }),
  );
  const ask = async (sentinel: TestServer, ...command: string[]) =>
    asOperator(sentinel, (client) => client.call('SENTINEL', ...command));
  await waitFor(async () => {
    const views = await Promise.all(sentinels.map((sentinel) => ask(sentinel, 'CKQUORUM', NAME)));
    const known = await Promise.all(sentinels.map((sentinel) => ask(sentinel, 'REPLICAS', NAME)));
    return (
      views.every((view) => String(view).startsWith('OK 3 usable')) &&
      known.every((list) => (list as unknown[]).length === REPLICAS)
    );
  });

  /** Resolves to the port of the primary that a Sentinel names. */
  async function namedBy(sentinel: TestServer): Promise<number> {
    const [, port] = (await ask(sentinel, 'GET-MASTER-ADDR-BY-NAME', NAME)) as [string, string];
    return Number(port);
  }

  async function primary(): Promise<TestServer> {
    const named = await Promise.all(sentinels.map((each) => namedBy(each).catch(() => undefined)));
    const node = ports.findIndex((port) => named.filter((each) => each === port).length >= QUORUM);
    const server = servers[node];
    if (server === undefined) throw new Error('the Sentinels disagree');
    return server;
  }

  const hosts = sentinelRelays.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const announcedPort = (server: TestServer) => ports[servers.indexOf(server)] ?? 0;
  return {
    url: `redis+sentinel://${hosts}/${NAME}`,
    urlOf: (user) => `redis+sentinel://${user}:${PASSWORD}@${hosts}/${NAME}`,
    network,
    servers,
    sentinels,
    primary,
    announcedPort,
    async rejoin(server) {
      const to = await primary();
      if (to === server) return;
      await waitFor(() =>
        asOperator(server, (client) => client.replicaof('127.0.0.1', announcedPort(to))).then(() => true),
      );
    },
    inSync: () => waitFor(async () => (await linked(await primary())) === REPLICAS),
    async failover() {
      const before = await primary();
      const [sentinel] = sentinels;
      if (sentinel === undefined) return;
      await waitFor(async () => {
        // a Sentinel aborts a failover that takes too long, and refuses a second order while one is under way
        if ((await namedBy(sentinel)) === announcedPort(before)) {
          await ask(sentinel, 'FAILOVER', NAME).catch(() => {});
        }
        return (await primary()) !== before;
      }, FAILOVER_LIMIT_MS);
    },
  };
}

/** The users need none, but clients without a password send no AUTH, and so no name. */
const PASSWORD = 'none';

function namedUsers(users: string[]): string[] {
  const names = [...NODES.flatMap((node) => [`node${node}`, `sentinel${node}`]), ...users];
  return names.map((name) => `user ${name} on nopass ~* &* +@all`);
}

/** As `docs/operations.md` advises. A new replica gets its data at once, because a test does not wait for others. */
const ARGS = [
  ...['--min-replicas-to-write', '1', '--min-replicas-max-lag', '2'],
  ...['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'],
];

function watching(node: number, port: number, downAfterMs: number): string[] {
  return [
    `sentinel monitor ${NAME} 127.0.0.1 ${port} ${QUORUM}`,
    `sentinel auth-user ${NAME} sentinel${node}`,
    `sentinel auth-pass ${NAME} ${PASSWORD}`,
    `sentinel sentinel-user sentinel${node}`,
    `sentinel sentinel-pass ${PASSWORD}`,
    `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
    `sentinel failover-timeout ${NAME} 5000`,
    `sentinel parallel-syncs ${NAME} ${REPLICAS}`,
  ];
}

/** Resolves to the number of replicas that have all data of this primary. */
async function linked(server: TestServer): Promise<number> {
  const info = await asOperator(server, (client) => client.info('replication'));
  return info.match(/state=online/g)?.length ?? 0;
}

async function asOperator<T>({ port }: TestServer, work: (client: Redis) => Promise<T>): Promise<T> {
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
    return await work(client);
  } finally {
    client.disconnect();
  }
}
