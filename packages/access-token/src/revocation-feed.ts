import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable, troubleLog, withinListening } from '@pair/service-kit';
import type { FastifyBaseLogger } from 'fastify';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import { EPOCH_KEY, REVOCATION_RETENTION_SECONDS, REVOCATIONS_STREAM } from './contract.ts';
import { type Nonces, nonceMemory } from './dpop/nonces.ts';
import { type FeedState, feedDelay, feedMetrics } from './feed-metrics.ts';

const FROM_THE_START = '0-0';
const BATCH = 10_000;
/** A request may have to wait for a read. It must get its answer within a second all the same. */
const BLOCK_MS = 300;
/** An answer takes little more than BLOCK_MS. A Redis that is silent for longer, while this process listens, is away. */
const SILENCE_MS = 900;
/** Limits the handshake of a new connection, which `answered` does not cover. */
const COMMAND_TIMEOUT_MS = 2_000;
const RETRY_MS = 100;
/** Redis may run it at `maxmemory` too. */
const MAY_WRITE = '#!lua flags=allow-oom\nreturn 1';
const SWEEP_INTERVAL_MS = 1_000;
/**
 * The feed keeps an entry for the lifetime of any token, from when it read it, on the monotonic clock. It keeps it until
 * the `until` of the entry too, by the time of day. `until` is from the clock of another machine, and an administrator may
 * set the time of day here: neither may make a revoked token valid again.
 */
const KEEP_MS = REVOCATION_RETENTION_SECONDS * 1_000;

/** The revocations of the last minutes, in the memory of this process. */
export interface RevocationFeed {
  /** Rejects before the first read of the whole stream, and while the feed is stale. */
  ready(): Promise<void>;
  /** False if Redis was silent for too long: revocations may be missing. */
  isFresh(): boolean;
  /** Names the data of Redis; undefined before the first sign-in, which creates it. */
  readonly epoch: string | undefined;
  /** `id` is the sid, jti or kid of a token. */
  isRevoked(id: string): boolean;
  /** The nonces for proofs, which come with the revocations. */
  readonly nonces: Nonces;
  /** Waits for the very first read if it is running, so that a process that has just started can answer requests. */
  firstRead(): Promise<void>;
  /** Waits for the answer to the running read, which takes less than a second. Rejects if the read fails. */
  nextRead(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    revocationFeed: RevocationFeed;
  }
}

/**
 * `app.revocationFeed`: the revocations and the epoch. Reads them from Redis from when the process is ready until it closes.
 *
 * @param options.name the name of the service, for readiness
 * @param options.replicas the number of replicas of Redis, if another server may take over
 */
export const revocationFeed = fp<{
  name: string;
  maxStalenessSeconds: number;
  replicas?: number | undefined;
}>(
  async (app, { name, maxStalenessSeconds, replicas = 0 }) => {
    const feed = createRevocationFeed({
      redis: app.redis,
      maxStalenessSeconds,
      isReplicated: replicas > 0,
      log: app.log,
      noteDelay: feedDelay(app.metrics, name),
    });
    feedMetrics(app.metrics, name, feed);
    app.decorate('revocationFeed', feed);
    app.readinessCheck(name, 'revocation feed', feed.ready);
    app.addHook('onReady', async () => feed.start());
    app.addHook('onClose', async () => feed.stop());
  },
  { name: 'revocation-feed', dependencies: ['redis'] },
);

type Entry = [id: string, fields: string[]];

/** The end of an entry, in ms. The feed drops the entry when both clocks have reached it. */
interface Expiry {
  monotonic: number;
  timeOfDay: number;
}

/**
 * Follows the stream of revocations over a connection of its own, so that the check of a token reads memory, never the
 * network. The feed is complete while Redis answers its reads, also with nothing. It is stale `maxStalenessSeconds` after
 * it sent the last read that Redis answered.
 */
export function createRevocationFeed(options: {
  redis: Redis;
  maxStalenessSeconds: number;
  /** True if another server may take over from Redis: then only a primary that has replicas is believed. */
  isReplicated?: boolean;
  log: FastifyBaseLogger;
  /** Is called with the time from a revocation until this process reads it, in seconds. */
  noteDelay?: (seconds: number) => void;
  /** A monotonic clock in ms; a test may move it. */
  now?: () => number;
}): RevocationFeed & FeedState & { start(): void; stop(): void } {
  const {
    redis,
    log,
    maxStalenessSeconds,
    isReplicated = false,
    noteDelay,
    now = () => performance.now(),
  } = options;
  const createdAt = now();
  const revoked = new Map<string, Expiry>();
  const nonces = nonceMemory(now);
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
        if (!isAlone(err)) {
          end(connection);
          connection = undefined;
        }
        if (!stopped) trouble.note(err, { kind: 'away' });
        failing = true;
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
    end(connection);
  }

  async function read(): Promise<void> {
    const sentAt = now();
    const isNew = connection === undefined;
    connection ??= await connect(redis);
    const proof = prove(connection);
    let other: { epoch: string | undefined } | undefined;
    if (isNew) {
      other = await load(connection);
    } else {
      const [current, answer] = await answered(
        Promise.all([
          connection.get(EPOCH_KEY),
          connection.xread('COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', REVOCATIONS_STREAM, lastId),
        ]),
      );
      const entries = answer?.[0]?.[1] ?? [];
      const announcesEpoch = apply(entries);
      if (noteDelay !== undefined) for (const [entryId] of entries) noteDelay(secondsSince(entryId));
      if (announcesEpoch || (current ?? undefined) !== epoch) other = await load(connection);
    }
    forgetExpired();
    await proof;
    if (other !== undefined) adopt(other.epoch);
    answeredReadSentAt = sentAt;
  }

  /**
   * Rejects if this Redis may have been replaced: a replica refuses the script with READONLY, and a primary that is cut off
   * from its replicas refuses it with NOREPLICAS. The script may write, but does not. A stale primary still answers reads,
   * so without a proof its silence about a revocation would count as news, and its epoch would sign users out. The
   * revocations that it brings are kept all the same.
   */
  function prove(client: Redis): Promise<unknown> | undefined {
    if (!isReplicated) return undefined;
    const proof = answered(client.eval(MAY_WRITE, 0));
    proof.catch(() => {}); // `read` awaits it after the entries
    return proof;
  }

  /**
   * Reads the stream from its start: a new connection may lead to another Redis, whose ids need not follow the ids that
   * were read before. Merges the entries into memory: a Redis that lost its data does not make the feed forget. Starts
   * over if the epoch changes meanwhile, because the stream may have changed too. Resolves to the epoch.
   */
  async function load(client: Redis): Promise<{ epoch: string | undefined }> {
    let current: string | null;
    do {
      current = await answered(client.get(EPOCH_KEY));
      await readFromStart(client);
    } while ((await answered(client.get(EPOCH_KEY))) !== current);
    return { epoch: current ?? undefined };
  }

  function adopt(current: string | undefined): void {
    if (epoch !== undefined && current !== epoch) {
      log.warn('Redis has other data than before: access tokens from before are refused');
    }
    epoch = current;
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

  /** An entry that is read again, over another connection, expires as before. */
  function keep(id: string, until: string | undefined): void {
    const expiry = expiryOf(until, now());
    const known = revoked.get(id);
    if (known === undefined || known.timeOfDay < expiry.timeOfDay) revoked.set(id, expiry);
  }

  /** Returns true if an entry announces another epoch. */
  function apply(entries: Entry[]): boolean {
    let announcesEpoch = false;
    for (const [entryId, [kind, id = '', , until]] of entries) {
      lastId = entryId;
      if (kind === 'epoch') announcesEpoch ||= id !== epoch;
      else if (kind === 'nonce') nonces.note(id, Number(until));
      else keep(id, until);
    }
    return announcesEpoch;
  }

  function forgetExpired(): void {
    if (now() < nextSweepAt) return;
    nextSweepAt = now() + SWEEP_INTERVAL_MS;
    for (const [id, { monotonic, timeOfDay }] of revoked) {
      if (monotonic <= now() && timeOfDay <= Date.now()) revoked.delete(id);
    }
  }

  return {
    start: () => void follow(),
    stop: () => {
      stopped = true;
      end(connection);
    },
    ready: async () => {
      if (!isFresh()) throw new StoreUnavailable('revocation_feed', 'the revocation feed is not followed');
    },
    isFresh,
    get epoch() {
      return epoch;
    },
    isRevoked: (id) => revoked.has(id),
    nonces,
    size: () => revoked.size,
    ageSeconds: () => (now() - Math.max(answeredReadSentAt, createdAt)) / 1_000,
    firstRead: async () => {
      const isFirst = answeredReadSentAt === Number.NEGATIVE_INFINITY && !failing;
      if (isFirst) await reading?.catch(() => {});
    },
    nextRead: async () => {
      if (stopped || reading === undefined)
        throw new StoreUnavailable('revocation_feed', 'the revocation feed is not followed');
      await reading;
    },
  };
}

/** The id of an entry begins with its time, by the clock of Redis, which may differ from the clock here. */
function secondsSince(entryId: string): number {
  return Math.max(0, Date.now() - Number.parseInt(entryId, 10)) / 1_000;
}

function expiryOf(untilSeconds: string | undefined, now: number): Expiry {
  const timeOfDay = Number(untilSeconds) * 1_000 || 0;
  return { monotonic: now + Math.max(timeOfDay - Date.now(), KEEP_MS), timeOfDay };
}

/** True for a primary without its replicas. The connection to it is good, and need not be read from the start again. */
function isAlone(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOREPLICAS');
}

/** Rejects if Redis is silent. A time-out of the client would also fire while this process is busy. */
async function answered<T>(command: Promise<T>): Promise<T> {
  const answer = await withinListening(
    command.then((reply) => ({ reply })),
    SILENCE_MS,
  );
  if (answer === undefined) throw new Error('Redis does not answer');
  return answer.reply;
}

/** Destroys the socket at once: a graceful end would wait for a silent peer. */
function end(connection: Redis | undefined): void {
  connection?.disconnect();
  connection?.stream?.destroy();
}

/** Connects without retries: `follow` retries, and never uses a failed connection again. */
async function connect(redis: Redis): Promise<Redis> {
  const client = redis.duplicate({
    lazyConnect: true,
    // with Sentinel, the ready check refuses a server that is no primary any more
    enableReadyCheck: redis.options.Connector !== undefined,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectionName: `${redis.options.connectionName ?? 'resource-server'}-revocations`,
    retryStrategy: () => null,
  });
  client.on('error', () => {}); // the commands that it concerns reject with it
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw error;
  }
  return client;
}
