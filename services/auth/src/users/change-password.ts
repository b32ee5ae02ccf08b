import { inTransaction, Problem } from '@pair/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { User } from '../db/schema.ts';
import { checkPassword, isStillPassword } from '../passwords/check-password.ts';
import { requireGoodPassword } from '../passwords/rules.ts';
import { replacePasswordHash } from './repository.ts';
import { userIsGone } from './representation.ts';

/**
 * For whoever is signed in and knows the current password too: an access token that was stolen is not enough to take
 * the account over. Ends all sessions of the user.
 *
 * @throws {Problem} 403 `wrong_password`, 422, 429 `too_many_attempts`, 503
 */
export async function changeOwnPassword(
  request: FastifyRequest,
  currentPassword: string,
  newPassword: string,
): Promise<void> {
  const app = request.server;
  const user = await app.users.findById(request.claims.sub);
  if (user === undefined) throw userIsGone();
  requireGoodPassword('/new_password', newPassword, user.username);
  const isChanged = await changeIfRight(request, user, currentPassword, newPassword);
  app.audit.record(request, {
    event: 'password_changed',
    outcome: isChanged ? 'succeeded' : 'refused',
    userId: user.id,
  });
  // not 401, which would mean the access token: clients refresh then, or sign out
  if (!isChanged) throw wrongPassword();
}

export function wrongPassword(): Problem {
  return new Problem(403, 'wrong_password', 'The current password is wrong.');
}

async function changeIfRight(
  request: FastifyRequest,
  user: User,
  currentPassword: string,
  newPassword: string,
): Promise<boolean> {
  const app = request.server;
  const { isRight } = await checkPassword(request, user.username, currentPassword, async () => user);
  if (!isRight) return false;
  if (await changePassword(app, user.id, newPassword, user.passwordHash)) return true;
  // the hash that was verified is not there any more
  const now = await app.users.findById(user.id);
  return (
    now !== undefined &&
    (await isStillPassword(app, currentPassword, user, now)) &&
    changePassword(app, user.id, newPassword, now.passwordHash)
  );
}

/**
 * Sets a new password and ends all sessions of the user, both or neither: the sessions end between UPDATE and COMMIT.
 * If PostgreSQL then fails to commit, they have ended for nothing.
 *
 * @param current the hash that must still be there: of several who change it at once, one succeeds
 * @returns whether it was changed
 */
async function changePassword(
  app: FastifyInstance,
  id: string,
  password: string,
  current: string,
): Promise<boolean> {
  const passwordHash = await app.passwords.hash(password);
  return inTransaction(app.pg.pool, async (_client, db) => {
    const isChanged = await replacePasswordHash(db, id, passwordHash, current);
    if (isChanged) await app.sessions.endAllOfUser(id);
    return isChanged;
  });
}
