import { Problem } from '@pair/service-kit';
import type { FastifyInstance } from 'fastify';
import { uuidv7 } from 'uuidv7';
import type { User } from '../db/schema.ts';
import { requireGoodPassword } from '../passwords/rules.ts';

/** @throws {Problem} 409 `username_taken`, 422, 503 */
export async function createUser(
  app: FastifyInstance,
  username: string,
  password: string,
  scopes: readonly string[],
): Promise<User> {
  requireGoodPassword('/password', password, username);
  const user = await app.users.insert({
    id: uuidv7(),
    username: username.toLowerCase(),
    passwordHash: await app.passwords.hash(password),
    scopes: [...scopes],
  });
  if (user === undefined) throw usernameTaken();
  return user;
}

export function usernameTaken(): Problem {
  return new Problem(409, 'username_taken', 'This username is taken: choose another one.');
}
