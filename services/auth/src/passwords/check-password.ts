import { Problem } from '@pair/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { User } from '../db/schema.ts';

/** The named user, if there is such a user, and whether the password is right. */
export type CheckedPassword = { isRight: true; user: User } | { isRight: false; user: User | undefined };

/**
 * Checks the password of a user. Failures are limited, and each attempt counts as a failure before it is hashed: so an
 * attacker cannot get more guesses verified by sending them all at once. An unknown user, a wrong password and a disabled
 * user count alike and cost the same work.
 *
 * @param find loads the user with that username
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
    attempt.takeBack(); // a store is away or the queue is full, so the password was not checked
    throw error;
  }
}

/**
 * True if a password that matched the hash of `before` also matches the hash of `after`, a later reading of the same row. A
 * new hash does not imply a new password: another sign-in may have upgraded the parameters of the hash.
 */
export async function isStillPassword(
  app: FastifyInstance,
  password: string,
  before: User,
  after: User,
): Promise<boolean> {
  return after.passwordHash === before.passwordHash || app.passwords.verify(after.passwordHash, password);
}

/** Reports a refusal, once in a window. It loads the user for the id, because the typed username may be a password. */
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

/** The error of both limits, per account and per network. */
export function tooManyAttempts(retryAfterMs: number): Problem {
  return new Problem(
    429,
    'too_many_attempts',
    `There were too many failed attempts to sign in. Try again in ${Math.ceil(retryAfterMs / 1_000)} seconds.`,
    { headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) } },
  );
}
