import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { type Metrics, overloadLog, unavailable } from '@pair/service-kit';
import type { FastifyBaseLogger } from 'fastify';
import fp from 'fastify-plugin';
import fastq from 'fastq';

/** OWASP's second choice for argon2id, the default algorithm of the package: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** The prefix of a hash with today's parameters, in PHC string format. */
const TODAY = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;
/** One of libuv's four threads stays free for other work. */
const CONCURRENCY = Math.min(availableParallelism(), 3);
/** About a second of work: a longer queue would make clients wait longer than a sign-in is worth. */
const QUEUE_LIMIT = 100;

const SILENT = { warn: () => {}, info: () => {} };

export interface PasswordHasher {
  /** Hashes a password into PHC string format. Throws 503 when the queue is full; so does `verify`. */
  hash(password: string): Promise<string>;
  /** Verifies a password. Without a hash, for an unknown user, it does the same work and resolves with false. */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>;
  /** True if the hash has other parameters than today's. */
  isOutdated(passwordHash: string): boolean;
}

declare module 'fastify' {
  interface FastifyInstance {
    passwords: PasswordHasher;
  }
}

export const passwords = fp(
  async (app) => {
    const hasher = await createPasswordHasher(app.log);
    app.decorate('passwords', hasher);
    hasherMetrics(app.metrics, hasher);
  },
  { name: 'passwords' },
);

interface HasherLoad {
  /** The number of hashes that wait. */
  waiting(): number;
  /** The number of hashes in progress. */
  running(): number;
  /** The most hashes that may wait. */
  limit: number;
}

function hasherMetrics(metrics: Metrics, hasher: HasherLoad): void {
  metrics.gauge(
    {
      name: 'auth_password_hashes',
      help: 'Password hashes that wait or run; limit: the most that may wait',
      labelNames: ['state'],
    },
    (gauge) => {
      gauge.set({ state: 'waiting' }, hasher.waiting());
      gauge.set({ state: 'running' }, hasher.running());
      gauge.set({ state: 'limit' }, hasher.limit);
    },
  );
}

/**
 * Runs argon2id off the event loop, behind a bounded queue: a full queue refuses more work at once and slows nothing else.
 *
 * @param log receives overloads; a command passes none
 */
export async function createPasswordHasher(
  log: Pick<FastifyBaseLogger, 'warn' | 'info'> = SILENT,
): Promise<PasswordHasher & HasherLoad> {
  const queue = fastq.promise((work: () => Promise<unknown>) => work(), CONCURRENCY);

  const overload = overloadLog(log, 'the password hashing queue is full');

  async function enqueue<T>(work: () => Promise<T>): Promise<T> {
    if (queue.length() >= QUEUE_LIMIT) throw unavailable(overload.refuse());
    const result = (await queue.push(work)) as T;
    if (queue.length() === 0) overload.over();
    return result;
  }

  const dummyHash = await hash(randomBytes(32), PARAMETERS);
  return {
    waiting: () => queue.length(),
    running: () => queue.running(),
    limit: QUEUE_LIMIT,
    hash: (password) => enqueue(() => hash(normalize(password), PARAMETERS)),
    verify: async (passwordHash, password) => {
      const matches = await enqueue(() => verify(passwordHash ?? dummyHash, normalize(password)));
      return matches && passwordHash !== undefined;
    },
    isOutdated: (passwordHash) => !passwordHash.startsWith(TODAY),
  };
}

/** Normalizes to NFC (RFC 8265 §4.2.2): keyboards encode the same password differently. */
function normalize(password: string): string {
  return password.normalize('NFC');
}
