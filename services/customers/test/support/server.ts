import {
  databaseSettings,
  freePort,
  jwksServer,
  mintClaims,
  mintKey,
  startProcess,
  type Teardown,
  waitFor,
} from '@pair/test-kit';
import { customersDatabase } from './database.ts';
import { redisWithEpoch } from './service.ts';

export const SERVER = 'services/customers/dist/server.js';

export type StartedServer = Awaited<ReturnType<typeof startedServer>>;

/** Starts the service as in production: in a process of its own. */
export async function startedServer(t: Teardown) {
  const { url: databaseUrl, client } = await customersDatabase(t);
  const redis = await redisWithEpoch(t);
  const key = await mintKey();
  const jwks = await jwksServer(t, [key]);
  const port = await freePort();
  const env = {
    PORT: String(port),
    ISSUER: 'http://localhost:8080',
    ...(await databaseSettings(t, databaseUrl)),
    REDIS_URL: redis.url,
    JWKS_URL: jwks.url,
  };
  const server = await startProcess(t, { entry: SERVER, env });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await fetch(`${url}/readyz`)).status === 200, 10_000);
  const headers = { authorization: `Bearer ${await key.sign(mintClaims())}` };
  return { server, url, headers, client, env, jwks };
}
