import { inTransaction, Problem } from '@pair/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { User } from '../db/schema.ts';
import { checkPassword, isStillPassword } from '../passwords/check-password.ts';
import { requireGoodPassword } from '../passwords/rules.ts';
import { replacePasswordHash } from './repository.ts';
import { userIsGone } from './representation.ts';
import { userNotFound } from './update-user.ts';

/**
 * Changes the password of the signed-in user and ends all their sessions. The user must also know the current password: a
 * thief of an access token cannot take over the account. Only an admin can set the password of another user without it.
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
  // not 401, which would be about the access token: clients would refresh it, or sign the user out
  if (!isChanged) throw wrongPassword();
}

/**
 * Sets the password of another user, for an admin, and ends all sessions of the user. A disabled user stays disabled. Admins
 * change their own password with the current one, as every user.
 *
 * @throws {Problem} 404 `not_found`, 409 `conflict`, 422, 503
 */
export async function resetPassword(request: FastifyRequest, id: string, password: string): Promise<void> {
  const app = request.server;
  const user = await app.users.findById(id);
  if (user === undefined) throw userNotFound();
  if (user.id === request.claims.sub) throw ownPassword();
  requireGoodPassword('/password', password, user.username);
  if (!(await changePassword(app, user.id, password))) throw userNotFound();
  app.audit.record(request, { event: 'password_changed', outcome: 'succeeded', userId: user.id });
}

export function ownPassword(): Problem {
  return new Problem(
    409,
    'conflict',
    'This is your own account: change its password at PUT /auth/password, with the current one.',
  );
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
  // another request has replaced the hash that was verified
  const now = await app.users.findById(user.id);
  return (
    now !== undefined &&
    (await isStillPassword(app, currentPassword, user, now)) &&
    changePassword(app, user.id, newPassword, now.passwordHash)
  );
}

/**
 * Sets a new password and ends all sessions of the user. The sessions end between UPDATE and COMMIT, so the password never
 * changes while they live on. If PostgreSQL then fails to commit, the user must sign in again with the old password.
 *
 * @param current the hash that the row must still have, so that of concurrent changes only one succeeds; undefined for any
 * @returns true if the password was changed
 */
async function changePassword(
  app: FastifyInstance,
  id: string,
  password: string,
  current?: string,
): Promise<boolean> {
  const passwordHash = await app.passwords.hash(password);
  return inTransaction(app.pg.pool, async (_client, db) => {
    const isChanged = await replacePasswordHash(db, id, passwordHash, current);
    if (isChanged) await app.sessions.endAllOfUser(id);
    return isChanged;
  });
}
