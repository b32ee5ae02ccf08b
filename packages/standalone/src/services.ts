import { setTimeout } from 'node:timers/promises';
import { authService, migrateAuth } from '@pair/auth';
import { say } from '@pair/bootstrap';
import { customersService, migrateCustomers } from '@pair/customers';
import { buildProcess, serve, withDerivedDefaults } from '@pair/service-kit';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import pretty from 'pino-pretty';
import { HOST, type StandaloneConfig } from './config.ts';
import { frontPage } from './front-page.ts';
import { status } from './status.ts';
import type { StoreUrls } from './stores.ts';

const READY_LIMIT_MS = 10_000;
const READY_INTERVAL_MS = 50;

/**
 * Migrates the databases, and serves both services from this process. Resolves when they are ready.
 *
 * @param first a plugin that Fastify closes after the services
 */
export async function startServices(
  config: StandaloneConfig,
  stores: StoreUrls,
  keyEncryptionKey: string,
  first?: FastifyPluginAsync,
): Promise<void> {
  await migrate(config, stores);
  const auth = withDerivedDefaults(
    {
      ...config,
      DATABASE_URL: stores.authDatabaseUrl,
      REDIS_URL: stores.authRedisUrl,
      KEY_ENCRYPTION_KEY: keyEncryptionKey,
    },
    config.PORT,
  );
  const customers = {
    ...auth,
    DATABASE_URL: stores.customersDatabaseUrl,
    REDIS_URL: stores.customersRedisUrl,
    // not at the issuer's address: it is for clients, and may be that of a proxy on another machine
    JWKS_URL: `http://${HOST}:${config.PORT}/.well-known/jwks.json`,
  };
  const services = [authService(auth), customersService(customers), frontPage, status];
  const app = await buildProcess(
    { ...config, TRUSTED_PROXIES: [] },
    first === undefined ? services : [first, ...services],
    {
      hostNames: hostNames(auth.ISSUER),
      ...(process.stdout.isTTY ? { logStream: pretty({ ignore: 'pid,hostname' }) } : {}),
    },
  );
  await serve(app, { HOST, PORT: config.PORT });
  await becomeReady(app, config.PORT);
}

/** Customers fetches the keys over HTTP, so it is ready a moment after the process listens. */
async function becomeReady(app: FastifyInstance, port: number): Promise<void> {
  for (const end = Date.now() + READY_LIMIT_MS; Date.now() < end; await setTimeout(READY_INTERVAL_MS)) {
    const checks = await app.checkReadiness();
    if (checks.every(({ failure }) => failure === undefined)) return;
  }
  say(`not ready yet: open http://localhost:${port}/readyz for the reason`);
}

async function migrate(
  { ADMIN_USERNAME, ADMIN_PASSWORD }: StandaloneConfig,
  stores: StoreUrls,
): Promise<void> {
  say('migrating the databases');
  await migrateCustomers(stores.customersDatabaseUrl);
  const { admin, advice } = await migrateAuth({
    ...stores.authMigration,
    ADMIN_USERNAME,
    ...(ADMIN_PASSWORD === undefined ? {} : { ADMIN_PASSWORD }),
  });
  if (advice !== undefined) say(advice);
  if (admin === undefined) return;
  // printed before any later step can fail: the database keeps only a hash of the password
  say(`the first admin is "${admin.username}"`);
  if (admin.password !== undefined) say(`its password (shown once): ${admin.password}`);
}

/** The accepted names of this host. No gateway checks them, and a page of any site can point a name of its own here. */
function hostNames(issuer: string): string[] {
  return [...new Set(['localhost', HOST, '[::1]', new URL(issuer).hostname])];
}
