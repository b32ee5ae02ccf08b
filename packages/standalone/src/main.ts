import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { authService, migrateAuth } from '@pair/auth';
import { customersService, migrateCustomers } from '@pair/customers';
import { buildProcess, run, serve, withDerivedDefaults } from '@pair/service-kit';
import type { FastifyInstance } from 'fastify';
import pretty from 'pino-pretty';
import { loadStandaloneConfig, type StandaloneConfig } from './config.ts';
import { openDataFolder } from './data-folder.ts';
import { frontPage } from './front-page.ts';
import { status } from './status.ts';
import { type Stores, startStores } from './stores.ts';

const HOST = '127.0.0.1';
const READY_LIMIT_MS = 10_000;
const READY_INTERVAL_MS = 50;

await run(async () => {
  const config = loadStandaloneConfig(process.env);
  await requireFreePort(config.PORT);
  const data = openDataFolder(config.DATA_DIR);
  const stores = await startStores(config, data, say);
  await migrate(config, stores);

  const auth = withDerivedDefaults(
    {
      ...config,
      DATABASE_URL: stores.authDatabaseUrl,
      REDIS_URL: stores.authRedisUrl,
      KEY_ENCRYPTION_KEY: data.secrets.keyEncryptionKey,
    },
    config.PORT,
  );
  data.keepForCommands(auth);
  const customers = {
    ...auth,
    DATABASE_URL: stores.customersDatabaseUrl,
    REDIS_URL: stores.customersRedisUrl,
    // not at the issuer's address: it is for clients, and may be that of a proxy on another machine
    JWKS_URL: `http://${HOST}:${config.PORT}/.well-known/jwks.json`,
  };
  const app = await buildProcess(
    { ...config, TRUSTED_PROXIES: [] },
    [stores.plugin, authService(auth), customersService(customers), frontPage, status],
    {
      hostNames: hostNames(auth.ISSUER),
      ...(process.stdout.isTTY ? { logStream: pretty({ ignore: 'pid,hostname' }) } : {}),
    },
  );
  await serve(app, { HOST, PORT: config.PORT });
  await becomeReady(app, config.PORT);
  const url = `http://localhost:${config.PORT}`;
  process.stdout.write(`
  Both services listen:  ${url}
  Try them:              ${url}/docs/auth and ${url}/docs/customers
  Data and secrets:      ${data.path}
  Stop:                  Ctrl-C

`);
});

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
  stores: Pick<Stores, 'authMigration' | 'customersDatabaseUrl'>,
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

/** Fails before the stores start in vain. `listen` reports the same if another process takes the port meanwhile. */
function requireFreePort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
      .once('error', reject)
      .listen(port, HOST, () => probe.close(() => resolve()));
  });
}

function say(line: string): void {
  process.stdout.write(`> ${line}\n`);
}
