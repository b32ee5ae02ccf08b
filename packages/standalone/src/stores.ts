import { join } from 'node:path';
import { step } from '@pair/bootstrap';
import { freePort, type LocalServer, startPostgres, startRedis } from '@pair/local-stores';
import { awaitPostgres, awaitRedis, OperatorError } from '@pair/service-kit';
import type { StandaloneConfig } from './config.ts';
import type { DataFolder } from './data-folder.ts';
import { createDatabases } from './databases.ts';
import { redisUsers } from './redis-users.ts';

export interface Stores {
  urls: StoreUrls;
  /** The servers that this process started, by name. */
  servers: Record<string, LocalServer>;
}

export interface StoreUrls {
  authDatabaseUrl: string;
  /** Settings of auth's migration: as the owner of the database, or as the one role of the operator's own PostgreSQL. */
  authMigration: { DATABASE_URL: string; SERVICE_ROLE?: string };
  customersDatabaseUrl: string;
  authRedisUrl: string;
  customersRedisUrl: string;
}

/** Starts each store for which the config has no URL, and waits for the others. */
export async function startStores(config: StandaloneConfig, data: DataFolder): Promise<Stores> {
  step(3, ownStores(config));
  const [postgres, redis] = await Promise.all([usePostgres(config, data), useRedis(config, data)]).catch(
    (error: Error) => {
      throw new OperatorError(error.message, { cause: error });
    },
  );
  return {
    urls: { ...postgres.urls, ...redis.urls },
    servers: {
      ...(postgres.server && { PostgreSQL: postgres.server }),
      ...(redis.server && { Redis: redis.server }),
    },
  };
}

/** An operator's own store must answer within this time. */
const OWN_STORE_LIMIT_MS = 5_000;

/** Calls `onEnd` if one of the servers ends by itself, because nothing restarts it. Returns a function that stops them. */
export function superviseStores(
  { servers }: Stores,
  onEnd: (error: OperatorError) => void,
): () => Promise<void> {
  let stopping = false;
  for (const [name, { exited }] of Object.entries(servers)) {
    exited.then(() => {
      if (stopping) return;
      onEnd(new OperatorError(`${name} has ended: read its log in the data folder, and start again.`));
    });
  }
  return async () => {
    stopping = true;
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  };
}

function ownStores({ AUTH_DATABASE_URL, REDIS_URL }: StandaloneConfig): string {
  const names = [AUTH_DATABASE_URL === undefined ? 'PostgreSQL' : '', REDIS_URL === undefined ? 'Redis' : ''];
  const started = names.filter(Boolean).join(' and ');
  return started === '' ? 'connecting to your PostgreSQL and Redis' : `starting ${started}`;
}

async function usePostgres(config: StandaloneConfig, data: DataFolder) {
  const { AUTH_DATABASE_URL: authDatabaseUrl, CUSTOMERS_DATABASE_URL: customersDatabaseUrl } = config;
  if (authDatabaseUrl !== undefined && customersDatabaseUrl !== undefined) {
    const authMigration = { DATABASE_URL: authDatabaseUrl };
    await requirePostgres('AUTH_DATABASE_URL', authDatabaseUrl);
    await requirePostgres('CUSTOMERS_DATABASE_URL', customersDatabaseUrl);
    return { server: undefined, urls: { authDatabaseUrl, authMigration, customersDatabaseUrl } };
  }
  const { superuserPassword, authOwnerDatabasePassword, authDatabasePassword, customersDatabasePassword } =
    data.secrets;
  const server = await startPostgres({
    dataDir: join(data.path, 'postgres'),
    port: await freePort(),
    password: superuserPassword,
    durable: true,
  });
  const url = (role: string, password: string, database: string) =>
    `postgres://${role}:${password}@127.0.0.1:${server.port}/${database}`;
  const owner = { name: 'auth_owner', password: authOwnerDatabasePassword };
  const service = { name: 'auth', password: authDatabasePassword };
  await createDatabases(
    (database) => url('postgres', superuserPassword, database),
    [
      { name: 'auth', owner, service },
      { name: 'customers', owner: { name: 'customers', password: customersDatabasePassword } },
    ],
  );
  return {
    server,
    urls: {
      authDatabaseUrl: url(service.name, service.password, 'auth'),
      authMigration: {
        DATABASE_URL: url(owner.name, owner.password, 'auth'),
        SERVICE_ROLE: service.name,
      },
      customersDatabaseUrl: url('customers', customersDatabasePassword, 'customers'),
    },
  };
}

async function requirePostgres(setting: string, url: string): Promise<void> {
  await awaitPostgres(url, OWN_STORE_LIMIT_MS).catch((error: Error) => {
    throw new OperatorError(`${setting}: ${error.message}`, { cause: error });
  });
}

async function useRedis(config: StandaloneConfig, data: DataFolder) {
  if (config.REDIS_URL !== undefined) {
    await awaitRedis({ ...config, REDIS_URL: config.REDIS_URL }, OWN_STORE_LIMIT_MS);
    return {
      server: undefined,
      urls: { authRedisUrl: config.REDIS_URL, customersRedisUrl: config.REDIS_URL },
    };
  }
  const { authRedisPassword, customersRedisPassword } = data.secrets;
  const server = await startRedis({
    dataDir: join(data.path, 'redis'),
    port: await freePort(),
    config: [
      'maxmemory 256mb',
      ...redisUsers({ auth: authRedisPassword, customers: customersRedisPassword }),
    ],
  });
  return {
    server,
    urls: {
      authRedisUrl: `redis://auth:${authRedisPassword}@127.0.0.1:${server.port}`,
      customersRedisUrl: `redis://customers:${customersRedisPassword}@127.0.0.1:${server.port}`,
    },
  };
}
