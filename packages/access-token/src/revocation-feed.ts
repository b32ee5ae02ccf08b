import { setTimeout as delay } from 'node:timers/promises';
import { troubleLog, withinListening } from '@pair/service-kit';
import type { FastifyBaseLogger } from 'fastify';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import { EPOCH_KEY, REVOCATION_RETENTION_SECONDS, REVOCATIONS_STREAM } from './contract.ts';

const FROM_THE_START = '0-0';
const BATCH = 10_000;
/** A request may have to wait for a read, and is answered within a second in any case. */
const BLOCK_MS = 300;
/** An answer takes BLOCK_MS and a little. A Redis that is silent for longer while this process listens is not there. */
const SILENCE_MS = 900;
/** For what `answered` does not see: the handshake of a new connection. */
const COMMAND_TIMEOUT_MS = 2_000;
const RETRY_MS = 100;
const SWEEP_INTERVAL_MS = 1_000;
/**
 * From when it was read an entry is kept for as long as any token can live, on the monotonic clock, and longer if it
 * says so, by the time of day too: its `until` is on the clock of another machine, and the time of day here may be set,
 * and neither may bring a token back to life.
 */
const KEEP_MS = REVOCATION_RETENTION_SECONDS * 1_000;

/** What was revoked in the last minutes, in the memory of this process. */
export interface RevocationFeed {
  /** Rejects until the feed was read from its start, and while it is stale. */
  ready(): Promise<void>;
  /** False when Redis was silent for too long to know what it would have said. */
  isFresh(): boolean;
  /** Names the data of Redis; undefined while there is none, that is, before the first sign-in. */
  readonly epoch: string | undefined;
  /** `id` is the sid, jti or kid of a token. */
  isRevoked(id: string): boolean;
  /** Waits for the first read of all, if it is under way, so that a process is ready for requests when it starts. */
  firstRead(): Promise<void>;
  /** Resolves when the read that is going on is answered, within a second. Rejects when it is not. */
  nextRead(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    revocationFeed: RevocationFeed;
  }
}

/**
 * `app.revocationFeed`: the revocations and the epoch, read from Redis over a connection of its own from when the process
 * is ready until it closes.
 *
 * @param options.name of the service, for readiness
 */
export const revocationFeed = fp<{ name: string; maxStalenessSeconds: number }>(
  async (app, { name, maxStalenessSeconds }) => {
    const feed = createRevocationFeed({ redis: app.redis, maxStalenessSeconds, log: app.log });
    app.decorate('revocationFeed', feed);
    app.readinessCheck(name, 'revocation feed', feed.ready);
    app.addHook('onReady', async () => feed.start());
    app.addHook('onClose', async () => feed.stop());
  },
  { name: 'revocation-feed', dependencies: ['redis'] },
);

type Entry = [id: string, fields: string[]];

/** Until when an entry is kept, in ms: by the monotonic clock, and by the time of day. Both must have come. */
interface Keeping {
  until: number;
  timeOfDay: number;
}

/**
 * Follows the stream of revocations on a connection of its own: a verifier asks its memory, never the network. As long
 * as its reads are answered, the empty ones too, it knows everything; `maxStalenessSeconds` after it sent the last
 * read that was answered it says that it does not.
 */
export function createRevocationFeed(options: {
  redis: Redis;
  maxStalenessSeconds: number;
  log: FastifyBaseLogger;
  /** A monotonic clock in ms; a test may move it. */
  now?: () => number;
}): RevocationFeed & { start(): void; stop(): void } {
  const { redis, log, maxStalenessSeconds, now = () => performance.now() } = options;
  const revoked = new Map<string, Keeping>();
  let connection: Redis | undefined;
  let epoch: string | undefined;
  let lastId = FROM_THE_START;
  let answeredReadSentAt = Number.NEGATIVE_INFINITY;
  const trouble = troubleLog(log, {
    began: 'the revocation feed cannot be followed',
    over: 'the revocation feed is followed again',
  });
  let failing = false;
  let stopped = false;
  let reading: Promise<void> | undefined;
  let nextSweepAt = 0;

  const isFresh = () => now() - answeredReadSentAt <= maxStalenessSeconds * 1_000;

  async function follow(): Promise<void> {
    while (!stopped) {
      try {
        reading = read();
        await reading;
        trouble.over();
        failing = false;
      } catch (err) {
        end(connection);
        connection = undefined;
        if (!stopped) trouble.note(err, { kind: 'away' });
        failing = true;
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
    end(connection);
  }

  async function read(): Promise<void> {
    const sentAt = now();
    if (connection === undefined) {
      connection = await connect(redis);
      await load(connection);
    } else {
      const [current, answer] = await answered(
        Promise.all([
          connection.get(EPOCH_KEY),
          connection.xread('COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', REVOCATIONS_STREAM, lastId),
        ]),
      );
      const announcesEpoch = apply(answer?.[0]?.[1] ?? []);
      if (announcesEpoch || (current ?? undefined) !== epoch) await load(connection);
    }
    answeredReadSentAt = sentAt;
    forgetExpired();
  }

  /**
   * From the start, for another Redis may be behind another connection, and its ids need not follow those of the
   * last. Merged into what is known: a Redis that lost its data does not make us forget. Again when the epoch has
   * changed meanwhile, for the stream may have too.
   */
  async function load(client: Redis): Promise<void> {
    let current: string | null;
    do {
      current = await answered(client.get(EPOCH_KEY));
      await readFromStart(client);
    } while ((await answered(client.get(EPOCH_KEY))) !== current);
    if (epoch !== undefined && current !== epoch) {
      log.warn('Redis has other data than before: tokens from before are not accepted any more');
    }
    epoch = current ?? undefined;
  }

  async function readFromStart(client: Redis): Promise<void> {
    lastId = FROM_THE_START;
    for (let more = true; more; ) {
      const answer = await answered(client.xread('COUNT', BATCH, 'STREAMS', REVOCATIONS_STREAM, lastId));
      const entries = answer?.[0]?.[1] ?? [];
      apply(entries);
      more = entries.length === BATCH;
    }
  }

  /** True when an entry says that the epoch is another one. */
  function apply(entries: Entry[]): boolean {
    let announcesEpoch = false;
    for (const [entryId, [kind, id = '', , until]] of entries) {
      lastId = entryId;
      if (kind === 'epoch') announcesEpoch ||= id !== epoch;
      else revoked.set(id, longer(keeping(until, now()), revoked.get(id)));
    }
    return announcesEpoch;
  }

  function forgetExpired(): void {
    if (now() < nextSweepAt) return;
    nextSweepAt = now() + SWEEP_INTERVAL_MS;
    for (const [id, { until, timeOfDay }] of revoked) {
      if (until <= now() && timeOfDay <= Date.now()) revoked.delete(id);
    }
  }

  return {
    start: () => void follow(),
    stop: () => {
      stopped = true;
      end(connection);
    },
    ready: async () => {
      if (!isFresh()) throw new Error('the revocation feed is not followed');
    },
    isFresh,
    get epoch() {
      return epoch;
    },
    isRevoked: (id) => revoked.has(id),
    firstRead: async () => {
      const isFirst = answeredReadSentAt === Number.NEGATIVE_INFINITY && !failing;
      if (isFirst) await reading?.catch(() => {});
    },
    nextRead: async () => {
      if (stopped || reading === undefined) throw new Error('the revocation feed is not followed');
      await reading;
    },
  };
}

function keeping(untilSeconds: string | undefined, now: number): Keeping {
  const timeOfDay = Number(untilSeconds) * 1_000 || 0;
  return { until: now + Math.max(timeOfDay - Date.now(), KEEP_MS), timeOfDay };
}

function longer(one: Keeping, other: Keeping = one): Keeping {
  return {
    until: Math.max(one.until, other.until),
    timeOfDay: Math.max(one.timeOfDay, other.timeOfDay),
  };
}

/** Rejects when Redis is silent. A time-out of the client would also go off when this process is busy. */
async function answered<T>(command: Promise<T>): Promise<T> {
  const answer = await withinListening(
    command.then((reply) => ({ reply })),
    SILENCE_MS,
  );
  if (answer === undefined) throw new Error('Redis does not answer');
  return answer.reply;
}

/** Without a goodbye, for which a silent connection would wait. */
function end(connection: Redis | undefined): void {
  connection?.disconnect();
  connection?.stream?.destroy();
}

/** Without retries: `follow` does that, and a connection that has failed once is not used again. */
async function connect(redis: Redis): Promise<Redis> {
  const client = redis.duplicate({
    lazyConnect: true,
    enableReadyCheck: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectionName: `${redis.options.connectionName ?? 'verifier'}-revocations`,
    retryStrategy: () => null,
  });
  client.on('error', () => {}); // whatever it concerns is rejected
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw error;
  }
  return client;
}
