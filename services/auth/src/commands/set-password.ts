import { once } from 'node:events';
import { SCOPES } from '@pair/access-token';
import { buildProcess, inTransaction, OperatorError, postgres, redis } from '@pair/service-kit';
import { and, eq, ne } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { FastifyInstance } from 'fastify';
import { insertSecurityEvents, type SecurityEventName } from '../audit/security-events.ts';
import type { SetPasswordConfig } from '../config.ts';
import { users as table } from '../db/schema.ts';
import { passwords } from '../passwords/hasher.ts';
import { passwordFault } from '../passwords/rules.ts';
import { clockOfRedis } from '../redis/clock.ts';
import { sessions } from '../sessions/session-store.ts';
import { isEnabledAdmin } from '../users/enabled-admin.ts';

const CONNECT_TIMEOUT_MS = 5_000;

export interface PasswordSet {
  /** As it is stored: in lower case. */
  username: string;
  wasDisabled: boolean;
  /** No enabled user had the scope users:admin, so this one has all scopes now. */
  becameAdmin: boolean;
}

/**
 * The operator's way in, in whatever state the users are: sets a new password, ends all sessions of the user, enables the
 * user, and gives it all scopes when no enabled user is an admin. All of it or nothing; what is changed is among the
 * security events.
 *
 * @throws {OperatorError}
 */
export async function setPassword(
  config: SetPasswordConfig,
  username: string,
  password: string,
): Promise<PasswordSet> {
  const fault = passwordFault(password, username);
  if (fault !== undefined) throw new OperatorError(`The password ${fault}.`);
  const stores: { app?: FastifyInstance } = {};
  const app = await buildProcess({ LOG_LEVEL: 'warn', TRUSTED_PROXIES: [], CORS_ORIGINS: [] }, [
    async (scope) => {
      await scope.register(postgres, {
        databaseUrl: config.DATABASE_URL,
        name: 'set-password',
        connections: 1,
      });
      await scope.register(redis, { redisUrl: config.REDIS_URL, name: 'set-password' });
      await scope.register(clockOfRedis);
      await scope.register(sessions, { replayWindowSeconds: 0 });
      await scope.register(passwords);
      stores.app = scope;
    },
  ]);
  try {
    await app.ready();
    if (stores.app === undefined) throw new Error('the stores were not set up');
    await reachRedis(stores.app);
    return await letIn(stores.app, username, password);
  } finally {
    await app.close();
  }
}

/** As `changePassword`, the sessions end between UPDATE and COMMIT. */
async function letIn(app: FastifyInstance, username: string, password: string): Promise<PasswordSet> {
  const passwordHash = await app.passwords.hash(password);
  return inTransaction(app.pg.pool, async (client) => {
    const db = drizzle({ client });
    const [user] = await db
      .select()
      .from(table)
      .where(eq(table.username, username.toLowerCase()))
      .for('update');
    if (user === undefined) throw new OperatorError(`There is no user "${username}".`);
    const isAdmin = user.scopes.includes('users:admin');
    const becameAdmin =
      !isAdmin && (await db.$count(table, and(isEnabledAdmin, ne(table.id, user.id)))) === 0;
    const scopes = becameAdmin ? [...SCOPES] : user.scopes;
    await db.update(table).set({ passwordHash, disabled: false, scopes }).where(eq(table.id, user.id));

    const record = (event: SecurityEventName, detail = 'set-password') => ({
      event,
      outcome: 'succeeded' as const,
      userId: user.id,
      detail,
    });
    await insertSecurityEvents(db, [
      record('password_changed'),
      ...(user.disabled ? [record('user_enabled')] : []),
      ...(becameAdmin ? [record('scopes_changed', scopes.join(' '))] : []),
    ]);
    await app.sessions.endAllOfUser(user.id);
    return { username: user.username, wasDisabled: user.disabled, becameAdmin };
  });
}

async function reachRedis(app: FastifyInstance): Promise<void> {
  if (app.redis.status !== 'ready') {
    const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
    await once(app.redis, 'ready', { signal }).catch(() => {
      throw new OperatorError(
        'Redis cannot be reached: the sessions of the user could not be ended, so nothing was changed.',
      );
    });
  }
  await app.sessions.ready();
}
