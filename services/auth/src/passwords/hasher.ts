import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { overloadLog, unavailable } from '@pair/service-kit';
import type { FastifyBaseLogger } from 'fastify';
import fp from 'fastify-plugin';
import fastq from 'fastq';

/** OWASP's second choice for argon2id, which is the package's default algorithm: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** What hashes of today begin with, in PHC string format. */
const TODAY = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;
/** Of libuv's four threads, one stays free for everything else. */
const CONCURRENCY = Math.min(availableParallelism(), 3);
/** About a second of work: whoever comes later would wait longer than it is worth. */
const QUEUE_LIMIT = 100;

const SILENT = { warn: () => {}, info: () => {} };

export interface PasswordHasher {
  /** In PHC string format. Throws 503 when the queue is full, as does `verify`. */
  hash(password: string): Promise<string>;
  /** Without a hash (there is no such user) the same work is done, and the answer is false. */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>;
  /** Whether it was made with other parameters than today's. */
  isOutdated(passwordHash: string): boolean;
}

declare module 'fastify' {
  interface FastifyInstance {
    passwords: PasswordHasher;
  }
}

export const passwords = fp(
  async (app) => {
    app.decorate('passwords', await createPasswordHasher(app.log));
  },
  { name: 'passwords' },
);

/**
 * argon2id off the event loop, in a queue with an end: too much work is refused at once and slows nothing else.
 *
 * @param log for overloads; a command has none
 */
export async function createPasswordHasher(
  log: Pick<FastifyBaseLogger, 'warn' | 'info'> = SILENT,
): Promise<PasswordHasher> {
  const queue = fastq.promise((work: () => Promise<unknown>) => work(), CONCURRENCY);

  const overload = overloadLog(log, 'the password hashing queue is full');

  async function enqueue<T>(work: () => Promise<T>): Promise<T> {
    if (queue.length() >= QUEUE_LIMIT) throw unavailable(overload.refuse());
    const result = (await queue.push(work)) as T;
    if (queue.length() === 0) overload.over();
    return result;
  }

  const hashOfNobody = await hash(randomBytes(32), PARAMETERS);
  return {
    hash: (password) => enqueue(() => hash(normalize(password), PARAMETERS)),
    verify: async (passwordHash, password) => {
      const matches = await enqueue(() => verify(passwordHash ?? hashOfNobody, normalize(password)));
      return matches && passwordHash !== undefined;
    },
    isOutdated: (passwordHash) => !passwordHash.startsWith(TODAY),
  };
}

/** The same password typed on another keyboard is the same password: NFC (RFC 8265 §4.2.2). */
function normalize(password: string): string {
  return password.normalize('NFC');
}
