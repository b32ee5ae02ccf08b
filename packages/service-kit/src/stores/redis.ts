import fastifyRedis from '@fastify/redis';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { Redis } from 'ioredis';
import { type NoteOperation, storeOperations } from '../metrics/store-operations.ts';
import { troubleLog } from '../trouble-log.ts';
import { STORE_LIMITS, type StoreLimits } from './limits.ts';
import { type RedisSettings, redisAddress } from './redis-address.ts';
import { type WatchedServer, watchSilence, withinListening } from './silence.ts';

const CONNECT_TIMEOUT_MS = 1_000;
/** The longest wait for the first connection at the start of a process. */
const FIRST_CONNECTION_LIMIT_MS = 2_000;

/** Replies of a server that is a replica or still loads: by now another server may be the primary, or have this address. */
const ASK_ELSEWHERE = /^(READONLY|LOADING|MASTERDOWN|UNBLOCKED|MOVED)\b/;

interface RedisOptions {
  settings: RedisSettings;
  /** The name of the service. */
  name: string;
  /** Names this Redis in readiness and in the log. */
  part?: string;
  /** Rejects while Redis cannot do the work of this process; default: PING. */
  check?: (client: Redis) => Promise<unknown>;
  /** The limits instead of the defaults, which production uses; only tests pass them. */
  limits?: Partial<StoreLimits>;
}

/** Decorates `app.redis` from @fastify/redis with the client of `redisClient`. */
export const redis = fp<RedisOptions>(
  async (app, options) => {
    const client = redisClient(app, options);
    // @fastify/redis delays the start until the client is ready, but a process must start while Redis is away
    client.once('connecting', () => client.emit('ready'));
    await app.register(fastifyRedis, { client });
  },
  { name: 'redis' },
);

/**
 * Returns a client that lives as long as `app`, which is ready while Redis answers. A command is sent once or refused at once. A command that is sent again after
 * a lost reply could count as a second use of a token, and a command in a queue would make the client wait.
 *
 * A connection without an answer for about a third of a second (see `watchSilence`) is replaced: the network may lose its
 * packets and still deliver the packets of a new connection.
 *
 * With Sentinel, the connection leads to the primary, and breaks when Sentinel names another one. In a cluster it breaks when the
 * primary answers that it is none any more.
 */
export function redisClient(
  app: FastifyInstance,
  { settings, name, part = 'Redis', check = (client) => client.ping(), limits = {} }: RedisOptions,
): Redis {
  const { commandMs, silenceMs } = { ...STORE_LIMITS, ...limits };
  const { url, options, sentinels } = redisAddress(settings);
  const client = new GatheringRedis(url, {
    ...options,
    lazyConnect: true,
    connectionName: name,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: commandMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0, // rejects pending commands at once when the connection breaks
    reconnectOnError: ({ message }) => ASK_ELSEWHERE.test(message),
    // quick, so that the process works again within a second of Redis' return
    retryStrategy: (attempt) => Math.min(attempt * 50, 250),
    maxLoadingRetryTime: 100,
  });
  client.noteCommand = storeOperations(app.metrics, 'redis');
  const trouble = troubleLog(app.log, {
    began: `no connection to ${part}`,
    over: `${part} can be reached again`,
  });
  // Sentinels and clusters have several ways to be away, which follow each other during a failover
  const asOne = options.Connector && { kind: 'away' };
  client.on('error', (error) => trouble.note(error, asOne));
  client.on('ready', trouble.over);
  const watch = watchConnection(client, silenceMs, () => trouble.note(new Error(`${part} does not answer`)));
  app.addHook('onReady', async () => {
    sentinels?.watch();
    if (client.status === 'wait') client.connect().catch(() => {}); // `trouble` has the error
    await firstConnection(client);
  });
  // not QUIT, which fails when Redis is away
  app.addHook('onClose', async () => {
    watch.stop();
    sentinels?.stop();
    client.disconnect();
  });
  app.readinessCheck(name, part, () => check(client));
  return client;
}

/**
 * A client that writes the commands of one turn of the event loop to its connection together. On a busy process that saves
 * most system calls here, most wake-ups of Redis, and most of its writes to the disk. A lone command is sent in the same turn.
 */
class GatheringRedis extends Redis {
  /** Is called after each command. */
  noteCommand: NoteOperation | undefined;
  #gathering: Redis['stream'] | undefined;

  override sendCommand(...args: Parameters<Redis['sendCommand']>): unknown {
    this.#measure(args[0]);
    const { stream } = this;
    if (stream !== undefined && stream !== this.#gathering) {
      this.#gathering = stream;
      stream.cork();
      setImmediate(() => {
        this.#gathering = undefined;
        stream.uncork();
      });
    }
    return super.sendCommand(...args);
  }

  #measure({ name, promise }: Parameters<Redis['sendCommand']>[0]): void {
    const { noteCommand } = this;
    if (noteCommand === undefined) return;
    const startedAt = performance.now();
    promise.then(
      () => noteCommand(name, startedAt),
      (error: unknown) => noteCommand(name, startedAt, error),
    );
  }
}

function watchConnection(client: Redis, silenceMs: number, report: () => void): { stop(): void } {
  let bytesRead = 0;
  const server: WatchedServer = {
    isAsked: () => client.commandQueue.length > 0,
    hasSpoken: () => {
      const before = bytesRead;
      bytesRead = client.stream?.bytesRead ?? 0;
      return bytesRead !== before;
    },
    giveUp: () => {
      report();
      // not `disconnect`, which ends the stream in order and waits for the other side
      client.stream.destroy();
    },
  };
  return watchSilence(server, silenceMs);
}

/** Waits for the first attempt to connect, so that a ready process has its connection. */
async function firstConnection(client: Redis): Promise<void> {
  if (client.status === 'ready') return;
  const attempt = new Promise<void>((resolve) => {
    for (const event of ['ready', 'error', 'end']) client.once(event, () => resolve());
  });
  await withinListening(attempt, FIRST_CONNECTION_LIMIT_MS);
}
