import { randomBytes } from 'node:crypto';
import { createClient, memoryStorage, type Tokens } from '@pair/client';
import {
  freePort,
  type StartedProcess,
  serviceRoleOf,
  shared,
  startProcess,
  type Teardown,
  type TestPostgres,
  type TestServer,
  testDatabase,
  testNginx,
  testRedis,
  waitFor,
} from '@pair/test-kit';

export interface Credentials {
  username: string;
  password: string;
}

/** The first admin of each system. */
export const ADMIN: Credentials = { username: 'admin', password: 'the password of the admin' };

/** A system as its clients and its operators reach it. */
export interface SystemAddresses {
  /** The address of nginx, the only way in. */
  url: string;
  redis: { url: string };
  /** The settings of auth, for its commands. */
  authEnv: { DATABASE_URL: string; REDIS_URL: string };
}

export interface System extends SystemAddresses {
  /** The processes behind nginx, for promises that each of them must keep. */
  auth: ServiceProcess[];
  customers: ServiceProcess[];
  redis: TestServer;
  /** The databases, as their owners reach them. */
  databases: { auth: string; customers: string };
  /** Starts another process of a service. nginx does not know it, and it may not be ready yet. */
  start(service: 'auth' | 'customers'): Promise<ServiceProcess>;
}

export type ServiceProcess = StartedProcess & {
  url: string;
  /** The port of its metrics; 0 without the option `isMeasured`. */
  metricsPort: number;
};

interface Options {
  authProcesses?: number;
  customersProcesses?: number;
  /** The test's own PostgreSQL, to bring it into trouble. */
  postgres?: Pick<TestPostgres, 'database'>;
  /** More settings for each service. */
  env?: Record<string, string>;
  /** Returns the settings of a service for its database, in place of DATABASE_URL. */
  database?: (databaseUrl: string) => Promise<{ DATABASE_URL: string; [setting: string]: string }>;
  /** Each process serves metrics. */
  isMeasured?: boolean;
  nginx?: Parameters<typeof testNginx>[2];
  /** Returns the ports that nginx and customers use in place of the ports of these processes. */
  relay?: (service: 'auth' | 'customers', ports: number[]) => Promise<number[]>;
}

/**
 * The system of this run of `npm test`, or else one that starts here, and an admin for this file alone. It is for tests
 * that only send requests: other files do so at the same time. A test that stops a process, needs a setting, or counts
 * all customers or imports has a system of its own.
 */
export async function sharedSystem(t: Teardown): Promise<SystemAddresses & { admin: Credentials }> {
  const answer = await shared('system');
  const system: SystemAddresses = answer === undefined ? await startSystem(t) : JSON.parse(answer);
  return { ...system, admin: await addAdmin(system.url) };
}

/** Starts the system of a run of `npm test`. */
export async function startSharedSystem(t: Teardown): Promise<string> {
  const { url, redis, authEnv } = await startSystem(t);
  return JSON.stringify({ url, redis: { url: redis.url }, authEnv } satisfies SystemAddresses);
}

/** Starts the whole system as deployed: each service in processes of its own, behind nginx. */
export async function startSystem(t: Teardown, options: Options = {}): Promise<System> {
  const {
    authProcesses = 1,
    customersProcesses = 1,
    postgres,
    env,
    isMeasured = false,
    nginx,
    relay,
    database = async (url) => ({ DATABASE_URL: url }),
  } = options;
  const [authDatabase, customersDatabase, redis, authPorts, customersPorts] = await Promise.all([
    postgres?.database() ?? testDatabase(t),
    postgres?.database() ?? testDatabase(t),
    testRedis(t),
    freePorts(authProcesses),
    freePorts(customersProcesses),
  ]);
  const upstreams = {
    auth: (await relay?.('auth', authPorts)) ?? authPorts,
    customers: (await relay?.('customers', customersPorts)) ?? customersPorts,
  };
  const url = await testNginx(t, upstreams, nginx);
  const shared = {
    ISSUER: url,
    REDIS_URL: redis.url,
    TRUSTED_PROXIES: 'loopback',
    // one token stands for many users
    SUBJECT_RATE_LIMIT: '100000',
    SUBJECT_RATE_BURST: '10000',
    ...env,
  };
  const authRole = serviceRoleOf(authDatabase);
  const authEnv = {
    ...shared,
    ...(await database(authRole.url)),
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
  };
  const customersEnv = {
    ...shared,
    ...(await database(customersDatabase)),
    JWKS_URL: `http://127.0.0.1:${upstreams.auth[0]}/.well-known/jwks.json`,
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
  const start = (service: 'auth' | 'customers', port: number) =>
    startService(t, {
      entry: `services/${service}/dist/server.js`,
      env: { auth: authEnv, customers: customersEnv }[service],
      port,
      isMeasured,
    });
  const [auth, customers] = await Promise.all([
    Promise.all(authPorts.map((port) => start('auth', port))),
    Promise.all(customersPorts.map((port) => start('customers', port))),
  ]);
  await Promise.all([...auth, ...customers].map((process) => isReady(process)));
  const databases = { auth: authDatabase, customers: customersDatabase };
  return {
    url,
    auth,
    customers,
    redis,
    authEnv,
    databases,
    start: async (service) => start(service, await freePort()),
  };
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

/** Creates a user with the rights of the first admin. */
export async function addAdmin(url: string): Promise<Credentials> {
  const client = createClient({ baseUrl: url });
  const admin = {
    username: `admin-${randomBytes(4).toString('hex')}`,
    password: 'the password of this admin',
  };
  await client.signIn(ADMIN.username, ADMIN.password);
  const { data: first } = await client.auth.GET('/auth/me');
  await client.auth.POST('/auth/users', { body: { ...admin, scope: first.scope } });
  await client.signOut();
  return admin;
}

/** Adds a client with the command of an operator. Resolves with the secret; a public client has none. */
export async function addClient(
  t: Teardown,
  { authEnv }: SystemAddresses,
  ...args: string[]
): Promise<string> {
  const output = await runToEnd(t, 'services/auth/dist/cli.js', authEnv, 'clients', 'add', ...args);
  return /Its secret \(shown once\): (\S+)/.exec(output)?.[1] ?? '';
}

function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}

async function runToEnd(t: Teardown, entry: string, env: Record<string, string>, ...args: string[]) {
  const job = await startProcess(t, { entry, args, env });
  if ((await job.exited) !== 0) throw new Error(`${entry}: ${job.output()}`);
  return job.output();
}

async function startService(
  t: Teardown,
  service: { entry: string; env: Record<string, string>; port: number; isMeasured: boolean },
): Promise<ServiceProcess> {
  const { entry, port, isMeasured } = service;
  const metricsPort = isMeasured ? await freePort() : 0;
  const env = {
    ...service.env,
    PORT: String(port),
    ...(isMeasured && { METRICS_PORT: String(metricsPort) }),
  };
  const started = await startProcess(t, { entry, env });
  return { ...started, url: `http://127.0.0.1:${port}`, metricsPort };
}

async function isReady({ url, output }: StartedProcess & { url: string }): Promise<void> {
  try {
    await waitFor(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200, 20_000);
  } catch (error) {
    throw new Error(`not ready: ${output()}`, { cause: error });
  }
}
