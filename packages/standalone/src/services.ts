import { authService, migrateAuth } from '@pair/auth';
import { say, step } from '@pair/bootstrap';
import { customersService, migrateCustomers } from '@pair/customers';
import { buildProcess, serve, tracing, withDerivedDefaults } from '@pair/service-kit';
import type { FastifyPluginAsync } from 'fastify';
import pretty from 'pino-pretty';
import { DEFAULT_DATA_DIR, HOST, type StandaloneConfig } from './config.ts';
import { frontPage } from './front-page.ts';
import { whenReady } from './ready.ts';
import { named, requestLines } from './request-lines.ts';
import { status } from './status.ts';
import type { StoreUrls } from './stores.ts';

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
  step(5, 'starting both services');
  const { isTTY } = process.stdout;
  const services = [
    ...(first === undefined ? [] : [first]),
    ...(isTTY ? [requestLines] : []),
    named('auth', authService(auth)),
    named('customers', customersService(customers)),
    named('front page', frontPage),
    status,
  ];
  const app = await buildProcess({ ...config, TRUSTED_PROXIES: [] }, services, {
    hostNames: hostNames(auth.ISSUER),
    tracing: await tracing('customers-and-auth', process.env),
    ...(isTTY ? { logStream: pretty({ ignore: 'pid,hostname' }) } : {}),
  });
  await serve(app, { HOST, PORT: config.PORT });
  await whenReady(app, say);
}

async function migrate(
  { DATA_DIR, ADMIN_USERNAME, ADMIN_PASSWORD }: StandaloneConfig,
  stores: StoreUrls,
): Promise<void> {
  step(4, 'migrating the databases');
  await migrateCustomers(stores.customersDatabaseUrl);
  const { admin, advice } = await migrateAuth({
    ...stores.authMigration,
    ADMIN_USERNAME,
    ...(ADMIN_PASSWORD === undefined ? {} : { ADMIN_PASSWORD }),
  });
  if (advice !== undefined) say(advice);
  else if (admin === undefined && ADMIN_PASSWORD !== undefined) say(noEffect(DATA_DIR, ADMIN_USERNAME));
  if (admin === undefined) return;
  // printed before any later step can fail: the database keeps only a hash of the password
  say(`the first admin is "${admin.username}"`);
  if (admin.password !== undefined) say(`its password (shown once): ${admin.password}`);
}

function noEffect(folder: string, username: string): string {
  const command = `${folder === DEFAULT_DATA_DIR ? '' : `DATA_DIR=${folder} `}npm run auth -- set-password ${username}`;
  return `ADMIN_PASSWORD has no effect, because an admin exists: to set a password, run "${command}"`;
}

/** The accepted names of this host. No gateway checks them, and a page of any site can point a name of its own here. */
function hostNames(issuer: string): string[] {
  return [...new Set(['localhost', HOST, '[::1]', new URL(issuer).hostname])];
}
