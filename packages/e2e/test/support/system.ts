import { randomBytes } from 'node:crypto';
import { createClient, memoryStorage, type Tokens } from '@pair/client';
import {
  freePort,
  type StartedProcess,
  serviceRoleOf,
  startProcess,
  type TestPostgres,
  type TestServer,
  testDatabase,
  testNginx,
  testRedis,
  waitFor,
} from '@pair/test-kit';
import type { Test } from 'tap';

export const ADMIN = { username: 'admin', password: 'the password of the admin' };

export interface System {
  /** The address of nginx, the only way in. */
  url: string;
  /** The processes behind nginx, for promises that each of them must keep. */
  auth: (StartedProcess & { url: string })[];
  customers: (StartedProcess & { url: string })[];
  redis: TestServer;
  /** The settings of auth, for its commands. */
  authEnv: { DATABASE_URL: string; REDIS_URL: string };
}

interface Options {
  authProcesses?: number;
  customersProcesses?: number;
  /** The test's own PostgreSQL, to bring it into trouble. */
  postgres?: TestPostgres;
  /** More settings for each service. */
  env?: Record<string, string>;
}

/** Starts the whole system as deployed: each service in processes of its own, behind nginx. */
export async function startSystem(t: Test, options: Options = {}): Promise<System> {
  const { authProcesses = 1, customersProcesses = 2, postgres, env } = options;
  const [authDatabase, customersDatabase, redis, authPorts, customersPorts] = await Promise.all([
    postgres?.database() ?? testDatabase(t),
    postgres?.database() ?? testDatabase(t),
    testRedis(t),
    freePorts(authProcesses),
    freePorts(customersProcesses),
  ]);
  const url = await testNginx(t, { auth: authPorts, customers: customersPorts });
  const shared = { ISSUER: url, REDIS_URL: redis.url, TRUSTED_PROXIES: 'loopback', ...env };
  const authRole = serviceRoleOf(authDatabase);
  const authEnv = {
    ...shared,
    DATABASE_URL: authRole.url,
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
  };
  const customersEnv = {
    ...shared,
    DATABASE_URL: customersDatabase,
    JWKS_URL: `http://127.0.0.1:${authPorts[0]}/.well-known/jwks.json`,
  };

  await Promise.all([
    runToEnd(
      t,
      'services/auth/dist/cli.js',
      {
        DATABASE_URL: authDatabase,
        SERVICE_ROLE: authRole.role,
        ADMIN_USERNAME: ADMIN.username,
        ADMIN_PASSWORD: ADMIN.password,
      },
      'migrate',
    ),
    runToEnd(t, 'services/customers/dist/migrate.js', { DATABASE_URL: customersDatabase }),
  ]);
  const [auth, customers] = await Promise.all([
    Promise.all(authPorts.map((port) => startService(t, 'services/auth/dist/server.js', authEnv, port))),
    Promise.all(
      customersPorts.map((port) => startService(t, 'services/customers/dist/server.js', customersEnv, port)),
    ),
  ]);
  await Promise.all([...auth, ...customers].map((process) => isReady(process)));
  return { url, auth, customers, redis, authEnv };
}

/** Begins a session. */
export async function beginSession(url: string, { username, password } = ADMIN): Promise<Tokens> {
  const tokens = memoryStorage();
  const client = createClient({ baseUrl: url, tokens });
  await client.signIn(username, password);
  const signedIn = await tokens.get();
  if (signedIn === undefined) throw new Error('no tokens');
  return signedIn;
}

/** Adds a client with the command of an operator. Resolves with the secret; a public client has none. */
export async function addClient(t: Test, { authEnv }: System, ...args: string[]): Promise<string> {
  const output = await runToEnd(t, 'services/auth/dist/cli.js', authEnv, 'clients', 'add', ...args);
  return /Its secret \(shown once\): (\S+)/.exec(output)?.[1] ?? '';
}

function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}

async function runToEnd(t: Test, entry: string, env: Record<string, string>, ...args: string[]) {
  const job = await startProcess(t, { entry, args, env });
  if ((await job.exited) !== 0) throw new Error(`${entry}: ${job.output()}`);
  return job.output();
}

async function startService(t: Test, entry: string, env: Record<string, string>, port: number) {
  const started = await startProcess(t, { entry, env: { ...env, PORT: String(port) } });
  return { ...started, url: `http://127.0.0.1:${port}` };
}

async function isReady({ url, output }: StartedProcess & { url: string }): Promise<void> {
  try {
    await waitFor(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200, 20_000);
  } catch (error) {
    throw new Error(`not ready: ${output()}`, { cause: error });
  }
}
