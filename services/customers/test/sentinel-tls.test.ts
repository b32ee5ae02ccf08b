import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  databaseSettings,
  freePort,
  startProcess,
  type TestServer,
  testRedis,
  waitFor,
} from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { SERVER } from './support/server.ts';

const NAME = 'sessions';
const withoutOpenssl = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed';

t.test(
  'with rediss+sentinel a process follows the primary over TLS, and only with a trusted certificate',
  { skip: withoutOpenssl },
  async (t) => {
    const certificate = selfSigned(t.testdir());
    const tls = [
      ...['--tls-cert-file', certificate.file, '--tls-key-file', certificate.keyFile],
      ...['--tls-ca-cert-file', certificate.file, '--tls-auth-clients', 'no', '--tls-replication', 'yes'],
    ];
    const [first, second, watched] = [await freePort(), await freePort(), await freePort()];
    const replicaOf = ['--replicaof', '127.0.0.1', String(first)];
    const primary = await testRedis(t, { args: ['--tls-port', String(first), ...tls] });
    const replica = await testRedis(t, { args: ['--tls-port', String(second), ...tls, ...replicaOf] });
    await waitFor(async () => (await ask(primary, 'INFO', 'replication')).includes('state=online'));
    const sentinel = await testRedis(t, {
      args: ['--sentinel', '--tls-port', String(watched), ...tls],
      config: [`sentinel monitor ${NAME} 127.0.0.1 ${first} 1`],
    });

    const database = await databaseSettings(t, (await customersDatabase(t)).url);
    const start = async (env: NodeJS.ProcessEnv) => {
      const port = await freePort();
      const REDIS_URL = `rediss+sentinel://127.0.0.1:${watched}/${NAME}`;
      const more = { PORT: String(port), ...database, REDIS_URL, ...env };
      const { output } = await startProcess(t, { entry: SERVER, env: more });
      const failures = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).text();
      return { output, failures };
    };
    const trusting = await start({ NODE_EXTRA_CA_CERTS: certificate.file });
    await waitFor(async () => !/Redis|revocation/.test(await trusting.failures()));
    t.ok(await isServed(primary));

    const wary = await start({});
    await waitFor(() => /no Sentinel names a primary: self-signed certificate/.test(wary.output()));
    await waitFor(async () => /Redis/.test(await wary.failures()));

    await waitFor(async () => (await ask(sentinel, 'SENTINEL', 'REPLICAS', NAME)).includes(`${second}`));
    await waitFor(async () => (await ask(sentinel, 'SENTINEL', 'FAILOVER', NAME)) === 'OK');
    await waitFor(async () => (await isServed(replica)) && !(await isServed(primary)));
    await waitFor(async () => !/Redis|revocation/.test(await trusting.failures()));
  },
);

/** True if the process has its connections to this server. */
async function isServed(server: TestServer): Promise<boolean> {
  const clients = await ask(server, 'CLIENT', 'LIST');
  return ['customers', 'customers-revocations'].every((name) => clients.includes(` name=${name} `));
}

/** Sends a command over the port without TLS. */
async function ask({ port }: TestServer, command: string, ...args: string[]): Promise<string> {
  const client = new Redis(port, { enableReadyCheck: false, disableClientInfo: true });
  try {
    const answer = await client.call(command, ...args);
    return typeof answer === 'string' ? answer : JSON.stringify(answer);
  } finally {
    client.disconnect();
  }
}

/** Makes a certificate for 127.0.0.1 that is its own CA. */
function selfSigned(folder: string) {
  const [file, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const subject = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', '-days', '1', ...key, ...subject, '-out', file], {
    stdio: 'pipe',
  });
  return { file, keyFile };
}
