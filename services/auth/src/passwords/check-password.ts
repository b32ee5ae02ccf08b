import { Problem } from '@pair/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { User } from '../db/schema.ts';

/** Who was meant, if there is such a user, and whether it may be believed. */
export type CheckedPassword = { isRight: true; user: User } | { isRight: false; user: User | undefined };

/**
 * Whether this is the password of that user. Failures are limited, and an attempt is counted as one before anything is
 * hashed: of guesses made all at once no more are verified than of guesses made one by one. An unknown user, a wrong
 * password and a disabled user count alike and are the same work.
 *
 * @param find the user of that name
 * @throws {Problem} 429 `too_many_attempts`, 503
 */
export async function checkPassword(
  request: FastifyRequest,
  username: string,
  password: string,
  find: () => Promise<User | undefined>,
): Promise<CheckedPassword> {
  const { passwords, signInAttempts } = request.server;
  const attempt = await signInAttempts.begin(username, request.ip);
  if (!attempt.isAllowed) {
    if (attempt.isFirst) void reportRefusal(request, attempt.limit, find);
    throw tooManyAttempts(attempt.retryAfterMs);
  }
  try {
    const user = await find();
    const matches = await passwords.verify(user?.passwordHash, password);
    if (user === undefined || !matches || user.disabled) {
      attempt.failed();
      return { isRight: false, user };
    }
    attempt.takeBack();
    return { isRight: true, user };
  } catch (error) {
    attempt.takeBack(); // a store is away or the queue is full: whether it fails is not known
    throw error;
  }
}

/**
 * Whether a password that matched the hash of `before` still does after the row was read again. A new hash need not be
 * of a new password: another sign-in may have brought its parameters up to date.
 */
export async function isStillPassword(
  app: FastifyInstance,
  password: string,
  before: User,
  after: User,
): Promise<boolean> {
  return after.passwordHash === before.passwordHash || app.passwords.verify(after.passwordHash, password);
}

/** Once in a window. Whom it concerns is looked up for this alone; the name as it was typed may be a password. */
async function reportRefusal(
  request: FastifyRequest,
  limit: 'account' | 'network',
  find: () => Promise<User | undefined>,
): Promise<void> {
  const user = await find().catch(() => undefined);
  request.log.warn(
    { user_id: user?.id, remote_address: request.ip, limit },
    'too many failed attempts to sign in',
  );
  request.server.audit.record(request, {
    event: 'sign_in_throttled',
    outcome: 'refused',
    userId: user?.id,
    detail: limit,
  });
}

/** For both limits. */
export function tooManyAttempts(retryAfterMs: number): Problem {
  return new Problem(
    429,
    'too_many_attempts',
    `There were too many failed attempts to sign in. Try again in ${Math.ceil(retryAfterMs / 1_000)} seconds.`,
    { headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) } },
  );
}
