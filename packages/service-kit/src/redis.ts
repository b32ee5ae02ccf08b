import fastifyRedis from '@fastify/redis';
import fp from 'fastify-plugin';
import { Redis } from 'ioredis';

const TIMEOUT_MS = 300;

/**
 * `app.redis` from @fastify/redis. A command is sent once or refused at once: one that is sent again after a lost
 * reply could be taken for a second use of a token, and one that waits in a queue would make the client wait.
 */
export const redis = fp<{ redisUrl: string; name: string }>(
  async (app, { redisUrl, name }) => {
    const client = new Redis(redisUrl, {
      lazyConnect: true,
      connectionName: name,
      connectTimeout: TIMEOUT_MS,
      commandTimeout: TIMEOUT_MS,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 1,
      // quick, so that all is well within a second of Redis' return
      retryStrategy: (attempt) => Math.min(attempt * 50, 250),
      maxLoadingRetryTime: 100,
    });
    let lastError = '';
    client.on('error', (err: Error) => {
      // once for each kind of trouble, not for each attempt to reconnect
      if (err.message !== lastError) app.log.warn({ err }, 'no connection to Redis');
      lastError = err.message;
    });
    client.on('ready', () => {
      lastError = '';
    });
    // @fastify/redis holds the boot until the client is ready; a process must come up with Redis away
    client.once('connecting', () => client.emit('ready'));
    await app.register(fastifyRedis, { client });
    // its own way of closing is QUIT, which fails when Redis is away
    app.addHook('onClose', async () => client.disconnect());
    app.readinessCheck(`${name}: Redis`, () => client.ping());
  },
  { name: 'redis' },
);
