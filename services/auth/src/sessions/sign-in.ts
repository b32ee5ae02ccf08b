import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import { FIRST_PARTY, issueTokens } from './issue-tokens.ts';
import { originOf } from './origin.ts';
import type { Tokens } from './schemas.ts';

/**
 * Begins a session. An unknown user, a wrong password and a disabled user get the same answer after the same work.
 *
 * @throws {Problem} 401 `invalid_credentials`, 503
 */
export async function signIn(request: FastifyRequest, username: string, password: string): Promise<Tokens> {
  const app = request.server;
  app.keyRing.signingKey(); // no session is begun that no token could be signed for
  const found = await app.users.findByUsername(username.toLowerCase());
  const matches = await app.passwords.verify(found?.passwordHash, password);
  if (found === undefined || !matches || found.disabled) throw invalidCredentials();

  const session = await app.sessions.create(found.id, FIRST_PARTY, originOf(request));
  // whoever disabled the user or changed the password meanwhile may have looked for sessions before this one began
  const user = await app.users.findSettledById(found.id);
  if (user === undefined || user.disabled || user.passwordHash !== found.passwordHash) {
    await app.sessions.end(session.sid);
    throw invalidCredentials();
  }
  return issueTokens(app, user.id, user.scopes, session);
}

function invalidCredentials(): Problem {
  return new Problem(401, 'invalid_credentials', 'The username or the password is wrong.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
