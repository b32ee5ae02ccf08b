import { Redis } from 'ioredis';
import type { Teardown } from './teardown.ts';
import { testRedis } from './test-redis.ts';
import type { TestServer } from './test-server.ts';
import { waitFor } from './wait-for.ts';

const NAME = 'sessions';
const REPLICAS = 2;
const QUORUM = 2;
const DOWN_AFTER_MS = 1_000;

/** A primary of Redis with two replicas, which three Sentinels watch. */
export interface TestReplicas {
  /** Leads to the primary by the Sentinels. */
  url: string;
  /** The first one is the primary at the start. */
  servers: TestServer[];
  sentinels: TestServer[];
  /** Resolves to the server that most Sentinels name as the primary. */
  primary(): Promise<TestServer>;
  /** Resolves when the primary has all its replicas. */
  inSync(): Promise<void>;
  /** Orders a failover, as an operator does before maintenance. Resolves when the Sentinels name another primary. */
  failover(): Promise<void>;
}

/** Starts the servers, and waits until each Sentinel knows all of them. */
export async function testReplicas(t: Teardown): Promise<TestReplicas> {
  const first = await testRedis(t, { args: ARGS });
  const replicas = await Promise.all(
    Array.from({ length: REPLICAS }, () =>
      testRedis(t, { args: [...ARGS, '--replicaof', '127.0.0.1', String(first.port)] }),
    ),
  );
  const servers = [first, ...replicas];
  await waitFor(async () => (await linked(first)) === REPLICAS);
  const sentinels = await Promise.all(
    Array.from({ length: 3 }, () => testRedis(t, { args: ['--sentinel'], config: watching(first.port) })),
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

  async function primary(): Promise<TestServer> {
    const answers = await Promise.all(
      sentinels.map((sentinel) => ask(sentinel, 'GET-MASTER-ADDR-BY-NAME', NAME).catch(() => undefined)),
    );
    const ports = answers.map((answer) => Number((answer as [string, string] | undefined)?.[1]));
    const server = servers.find(({ port }) => ports.filter((named) => named === port).length >= QUORUM);
    if (server === undefined) throw new Error('the Sentinels disagree');
    return server;
  }

  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    servers,
    sentinels,
    primary,
    inSync: () => waitFor(async () => (await linked(await primary())) === REPLICAS),
    async failover() {
      const before = await primary();
      const [sentinel] = sentinels;
      if (sentinel === undefined) return;
      await waitFor(async () => (await ask(sentinel, 'FAILOVER', NAME)) === 'OK');
      await waitFor(async () => (await primary()).port !== before.port);
    },
  };
}

/** As `docs/operations.md` advises. A new replica gets its data at once, because a test does not wait for others. */
const ARGS = [
  ...['--min-replicas-to-write', '1', '--min-replicas-max-lag', '2'],
  ...['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'],
];

function watching(port: number): string[] {
  return [
    `sentinel monitor ${NAME} 127.0.0.1 ${port} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
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
