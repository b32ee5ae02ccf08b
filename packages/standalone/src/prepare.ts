import { createServer } from 'node:net';
import { HOST, loadStandaloneConfig, type StandaloneConfig } from './config.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { type Stores, startStores } from './stores.ts';

/** Everything that the services need, from the settings in the environment to stores that run. */
export async function prepare(): Promise<{ config: StandaloneConfig; data: DataFolder; stores: Stores }> {
  const config = loadStandaloneConfig(process.env);
  await requireFreePort(config.PORT);
  const data = openDataFolder(config.DATA_DIR);
  const stores = await startStores(config, data);
  const { REDIS_SENTINEL_USERNAME, REDIS_SENTINEL_PASSWORD, REDIS_REPLICAS } = config;
  data.keepForCommands({
    DATABASE_URL: stores.urls.authDatabaseUrl,
    REDIS_URL: stores.urls.authRedisUrl,
    KEY_ENCRYPTION_KEY: data.secrets.keyEncryptionKey,
    ...(REDIS_SENTINEL_USERNAME && { REDIS_SENTINEL_USERNAME }),
    ...(REDIS_SENTINEL_PASSWORD && { REDIS_SENTINEL_PASSWORD }),
    ...(REDIS_REPLICAS !== undefined && { REDIS_REPLICAS }),
  });
  return { config, data, stores };
}

/** Fails before the stores start in vain. `listen` reports the same if another process takes the port meanwhile. */
function requireFreePort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
      .once('error', reject)
      .listen(port, HOST, () => probe.close(() => resolve()));
  });
}

/** Where to go, when the services are ready. */
export function welcome(config: StandaloneConfig, data: DataFolder): void {
  const url = `http://localhost:${config.PORT}`;
  process.stdout.write(`
  Both services listen:  ${url}
  Try them:              ${url}/docs/auth and ${url}/docs/customers
  Data and secrets:      ${data.path}
  Stop:                  Ctrl-C

`);
}
