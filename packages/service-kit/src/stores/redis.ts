import fastifyRedis from '@fastify/redis';
import fp from 'fastify-plugin';
import { Redis } from 'ioredis';
import { troubleLog } from '../trouble-log.ts';
import { watchSilence, withinListening } from './silence.ts';

const CONNECT_TIMEOUT_MS = 1_000;
/** Of a Redis that answers others all the time: more work than it can do. An outage is told much sooner, by its silence. */
const COMMAND_TIMEOUT_MS = 3_000;
/** How long a start waits for its connection. */
const FIRST_CONNECTION_LIMIT_MS = 2_000;

/** What a server says that is not the one to talk to, or not yet: another may be at this address by now. */
const ASK_ELSEWHERE = /^(READONLY|LOADING|MASTERDOWN|UNBLOCKED)\b/;

/**
 * `app.redis` from @fastify/redis. A command is sent once or refused at once: one that is sent again after a lost
 * reply could be taken for a second use of a token, and one that waits in a queue would make the client wait.
 *
 * A connection over which nothing is answered for about a third of a second (see `watchSilence`) is given up and replaced: its packets
 * may be lost while those of a new one arrive.
 *
 * @param options.check what tells that Redis does what this process needs of it; default: that it answers
 */
export const redis = fp<{ redisUrl: string; name: string; check?: (client: Redis) => Promise<unknown> }>(
  async (app, { redisUrl, name, check = (client) => client.ping() }) => {
    const client = new Redis(redisUrl, {
      lazyConnect: true,
      connectionName: name,
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0, // what was under way when the connection broke is rejected at once
      reconnectOnError: ({ message }) => ASK_ELSEWHERE.test(message),
      // quick, so that all is well within a second of Redis' return
      retryStrategy: (attempt) => Math.min(attempt * 50, 250),
      maxLoadingRetryTime: 100,
    });
    const trouble = troubleLog(app.log, {
      began: 'no connection to Redis',
      over: 'Redis can be reached again',
    });
    client.on('error', (error) => trouble.note(error));
    client.on('ready', trouble.over);
    const watch = watchConnection(client, () => trouble.note(new Error('Redis does not answer')));
    // @fastify/redis holds the boot until the client is ready; a process must come up with Redis away
    client.once('connecting', () => client.emit('ready'));
    await app.register(fastifyRedis, { client });
    app.addHook('onReady', () => firstConnection(client));
    // its own way of closing is QUIT, which fails when Redis is away
    app.addHook('onClose', async () => {
      watch.stop();
      client.disconnect();
    });
    app.readinessCheck(name, 'Redis', () => check(client));
  },
  { name: 'redis' },
);

function watchConnection(client: Redis, report: () => void): { stop(): void } {
  let bytesRead = 0;
  return watchSilence({
    isAsked: () => client.commandQueue.length > 0,
    hasSpoken: () => {
      const before = bytesRead;
      bytesRead = client.stream?.bytesRead ?? 0;
      return bytesRead !== before;
    },
    giveUp: () => {
      report();
      // not `disconnect`, which says goodbye and waits for an answer
      client.stream.destroy();
    },
  });
}

/** Waits for the first attempt to connect, so that a process that is ready has its connection. */
async function firstConnection(client: Redis): Promise<void> {
  if (client.status === 'ready') return;
  const attempt = new Promise<void>((resolve) => {
    for (const event of ['ready', 'error', 'end']) client.once(event, () => resolve());
  });
  await withinListening(attempt, FIRST_CONNECTION_LIMIT_MS);
}
