import { Problem } from '@pair/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Client } from '../clients/client.ts';
import type { User } from '../db/schema.ts';
import { checkPassword, isStillPassword } from '../passwords/check-password.ts';
import type { BegunSession } from './session-record.ts';

export interface Credentials {
  username: string;
  password: string;
}

/**
 * Begins a session. An unknown user, a wrong password and a disabled user cost the same work and get the same answer.
 *
 * @param begin begins the session of a user whose password is right
 * @throws {Problem} 401 `invalid_credentials`, 429 `too_many_attempts` or `too_many_sign_ins`, 503
 */
export async function signIn<Session extends BegunSession>(
  request: FastifyRequest,
  client: Client,
  { username, password }: Credentials,
  begin: (user: User) => Promise<Session>,
): Promise<{ user: User; session: Session }> {
  const app = request.server;
  const name = username.toLowerCase();
  const { isRight, user: found } = await checkPassword(request, name, password, () =>
    app.users.findByUsername(name),
  );
  if (!isRight) return refuse(request, client, found);

  const session = await begin(found);
  const user = session.isUserChanged ? await settled(app, found, password) : found;
  if (user === undefined) {
    await app.sessions.end(session.sid);
    return refuse(request, client, found);
  }
  app.audit.record(request, {
    event: 'sign_in',
    outcome: 'succeeded',
    actorId: user.id,
    userId: user.id,
    sessionId: session.sid,
    clientId: client.id,
  });
  if (app.passwords.isOutdated(user.passwordHash)) void rehash(app, user, password);
  return { user, session };
}

/** Returns the user after a change in progress; undefined if the user may not sign in with this password any more. */
async function settled(app: FastifyInstance, found: User, password: string): Promise<User | undefined> {
  const user = await app.users.findSettledById(found.id);
  if (user === undefined || user.disabled) return undefined;
  if (!(await isStillPassword(app, password, found, user))) return undefined;
  if (user.scopes.join() !== found.scopes.join()) await app.sessions.forgetScopes(user.id);
  return user;
}

/** Hashes the password with today's parameters, in the background. After a failure the next sign-in tries again. */
async function rehash(app: FastifyInstance, user: User, password: string): Promise<void> {
  try {
    const passwordHash = await app.passwords.hash(password);
    await app.users.replacePasswordHash(user.id, passwordHash, user.passwordHash);
  } catch (err) {
    app.log.warn(
      { err, user_id: user.id },
      'could not bring a password hash up to date; the next sign-in of the user tries again',
    );
  }
}

function refuse(request: FastifyRequest, client: Client, user: User | undefined): never {
  request.server.audit.record(request, {
    event: 'sign_in',
    outcome: 'refused',
    userId: user?.id,
    clientId: client.id,
  });
  throw invalidCredentials();
}

export function invalidCredentials(): Problem {
  return new Problem(401, 'invalid_credentials', 'The username or the password is wrong.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
