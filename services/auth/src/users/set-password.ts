import { once } from 'node:events';
import { buildProcess, OperatorError, postgres, redis } from '@pair/service-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { FastifyInstance } from 'fastify';
import { insertSecurityEvents } from '../audit/security-events.ts';
import type { SetPasswordConfig } from '../config.ts';
import { clockOfRedis } from '../sessions/redis-clock.ts';
import { sessions } from '../sessions/session-store.ts';
import { changePassword } from './change-password.ts';
import { passwords } from './password-hasher.ts';
import { passwordFault } from './password-rules.ts';
import { users } from './repository.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The operator's way to set a password anew; ends all sessions of the user.
 *
 * @throws {OperatorError}
 */
export async function setPassword(
  config: SetPasswordConfig,
  username: string,
  password: string,
): Promise<void> {
  const fault = passwordFault(password, username);
  if (fault !== undefined) throw new OperatorError(`The password ${fault}.`);
  const stores: { app?: FastifyInstance } = {};
  const app = await buildProcess({ LOG_LEVEL: 'warn', TRUSTED_PROXIES: [], CORS_ORIGINS: [] }, [
    async (scope) => {
      await scope.register(postgres, { databaseUrl: config.DATABASE_URL, name: 'set-password' });
      await scope.register(redis, { redisUrl: config.REDIS_URL, name: 'set-password' });
      await scope.register(clockOfRedis);
      await scope.register(sessions, { replayWindowSeconds: 0 });
      await scope.register(users);
      await scope.register(passwords);
      stores.app = scope;
    },
  ]);
  try {
    await app.ready();
    if (stores.app === undefined) throw new Error('the stores were not set up');
    await reachRedis(stores.app);
    const user = await stores.app.users.findByUsername(username.toLowerCase());
    if (user === undefined) throw new OperatorError(`There is no user "${username}".`);
    await changePassword(stores.app, user.id, password);
    await recordChange(stores.app, user.id);
  } finally {
    await app.close();
  }
}

async function recordChange(app: FastifyInstance, userId: string): Promise<void> {
  try {
    const event = {
      event: 'password_changed',
      outcome: 'succeeded',
      userId,
      detail: 'set-password',
    } as const;
    await insertSecurityEvents(drizzle({ client: app.pg.pool }), [event]);
  } catch (err) {
    app.log.error({ err, user_id: userId }, 'the change is not among the security events');
  }
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
