import { chownSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { patroniPrograms } from '@pair/bootstrap';
import { freePort, type LocalServer, launch, serverAccount } from '@pair/local-stores';
import { createDatabase } from './create-database.ts';
import { listens } from './listens.ts';
import type { Teardown } from './teardown.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';

/** The time after which another node takes over from one that is silent. */
const TTL_SECONDS = 20;
const START_LIMIT_MS = 90_000;
/** Patroni answers each question in a thread, which needs time on a small machine. */
const POLL_MS = 100;

/** Three PostgreSQL that Patroni manages, with synchronous replication, behind an HAProxy that leads to the primary. */
export interface TestPatroni {
  ttlMs: number;
  /** Creates an empty database with a role of its own. Its URL leads to HAProxy. */
  database(): Promise<string>;
  /** Ends the node of the primary as a crash would. Resolves when there is another primary. */
  killPrimary(): Promise<void>;
  /** Orders a switchover, as an operator does before maintenance. Resolves when there is another primary. */
  switchOver(): Promise<void>;
}

interface Node {
  name: string;
  /** The port of PostgreSQL. */
  port: number;
  /** The port of Patroni. */
  apiPort: number;
  dataDir: string;
  patroni?: LocalServer;
}

/** The reason to skip the tests of Patroni, for example on a machine without sources of Debian; false if there is none. */
export function missingPatroni(): Promise<string | false> {
  return patroniPrograms().then(
    () => false,
    (error: Error) => `there is no Patroni: ${error.message.trim().split('\n').at(-1)}`,
  );
}

/** Starts etcd, three nodes and HAProxy. Resolves when all nodes follow the primary, and one of them confirms commits. */
export async function testPatroni(t: Teardown): Promise<TestPatroni> {
  const programs = await patroniPrograms();
  const folder = temporaryFolder('patroni');
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const account = await serverAccount([folder, programs.patroni]);
  const { uid, gid } = account;
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC', HOME: folder, ...programs.env };
  const start = (name: string, port: number, command: string, args: string[]) =>
    launch({
      command,
      args,
      port,
      logFile: join(folder, `${name}.log`),
      ready: () => listens(port),
      options: { ...account, env },
    });

  const etcdPort = await freePort();
  const etcd = await start('etcd', etcdPort, programs.etcd, await etcdArguments(folder, etcdPort));
  t.teardown(() => etcd.stop());
  const nodes = await Promise.all(
    ['north', 'east', 'west'].map(async (name): Promise<Node> => {
      return { name, port: await freePort(), apiPort: await freePort(), dataDir: join(folder, name) };
    }),
  );
  const startNode = async (node: Node) => {
    const file = join(folder, `${node.name}.yml`);
    // JSON is YAML
    writeFileSync(file, JSON.stringify(patroniSettings(node, etcdPort, programs.postgres, folder)), {
      mode: 0o644,
    });
    node.patroni = await start(node.name, node.apiPort, programs.python, [programs.patroni, file]);
  };
  t.teardown(() => Promise.all(nodes.map(({ patroni }) => patroni?.stop())));
  await Promise.all(nodes.map(startNode));
  const port = await freePort();
  const haproxyFile = join(folder, 'haproxy.cfg');
  writeFileSync(haproxyFile, haproxySettings(port, nodes));
  const haproxy = await start('haproxy', port, programs.haproxy, ['-db', '-f', haproxyFile]);
  t.teardown(() => haproxy.stop());

  const find = async (path: string) => {
    await delay(POLL_MS);
    const answers = await Promise.all(nodes.map((node) => is(node, path)));
    return nodes.find((_, index) => answers[index]);
  };
  /** Waits, because a busy Patroni may be late with its answer. */
  const get = async (path: string): Promise<Node> => {
    let node: Node | undefined;
    await waitFor(
      async () => {
        node = await find(path);
        return node !== undefined;
      },
      2 * TTL_SECONDS * 1_000,
    );
    return node as Node;
  };
  await waitFor(async () => {
    const synchronous = await find('/synchronous');
    const replicas = await Promise.all(nodes.map((node) => is(node, '/replica')));
    return replicas.filter(Boolean).length === nodes.length - 1 && synchronous !== undefined;
  }, START_LIMIT_MS).catch((cause) => {
    const logs = nodes.map(({ name }) => readFileSync(join(folder, `${name}.log`), 'utf8').slice(-1_500));
    throw new Error(`the nodes do not follow a primary:\n${logs.join('\n\n')}`, { cause });
  });

  const superuserUrl = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  await waitFor(() => createDatabase(superuserUrl)); // HAProxy has found the primary
  return {
    ttlMs: TTL_SECONDS * 1_000,
    database: async () => (await createDatabase(superuserUrl)).url,
    async killPrimary() {
      await kill(await get('/primary'));
      await get('/primary');
    },
    async switchOver() {
      const [leader, candidate] = [await get('/primary'), await get('/synchronous')];
      const response = await fetch(`http://127.0.0.1:${leader.apiPort}/switchover`, {
        method: 'POST',
        body: JSON.stringify({ leader: leader.name, candidate: candidate.name }),
      });
      if (!response.ok) throw new Error(`switchover: ${await response.text()}`);
      await waitFor(async () => (await find('/primary')) === candidate);
    },
  };
}

async function etcdArguments(folder: string, port: number): Promise<string[]> {
  const url = `http://127.0.0.1:${port}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  return [
    ...['--name', 'only', '--data-dir', join(folder, 'etcd')],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--initial-cluster', `only=${peerUrl}`],
  ];
}

/** As `docs/operations.md` advises: any of two standbys confirms. */
function patroniSettings(
  { name, port, apiPort, dataDir }: Node,
  etcdPort: number,
  binaries: string,
  folder: string,
) {
  const api = `127.0.0.1:${apiPort}`;
  return {
    scope: 'pair',
    name,
    restapi: { listen: api, connect_address: api },
    etcd3: { host: `127.0.0.1:${etcdPort}` },
    bootstrap: {
      dcs: {
        ttl: TTL_SECONDS,
        loop_wait: 5,
        retry_timeout: 5,
        synchronous_mode: true,
        postgresql: { use_pg_rewind: true, parameters: { max_connections: 200 } },
      },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }],
      pg_hba: ['all', 'replication'].map((database) => `host ${database} all 127.0.0.1/32 scram-sha-256`),
    },
    postgresql: {
      listen: `127.0.0.1:${port}`,
      connect_address: `127.0.0.1:${port}`,
      data_dir: dataDir,
      bin_dir: binaries,
      pgpass: join(folder, `${name}.pgpass`),
      parameters: { unix_socket_directories: '' },
      authentication: {
        superuser: { username: 'postgres', password: 'postgres' },
        replication: { username: 'replicator', password: 'replicator' },
        rewind: { username: 'rewinder', password: 'rewinder' },
      },
    },
  };
}

/** As `docs/operations.md` advises: connections to an old primary are closed. */
function haproxySettings(port: number, nodes: Node[]): string {
  const servers = nodes.map(
    ({ name, port, apiPort }) => `  server ${name} 127.0.0.1:${port} check port ${apiPort}\n`,
  );
  return `defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
listen primary
  bind 127.0.0.1:${port}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join('')}`;
}

function is({ apiPort }: Node, path: string): Promise<boolean> {
  return fetch(`http://127.0.0.1:${apiPort}${path}`, { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Ends Patroni first: otherwise it would start PostgreSQL again. */
async function kill(node: Node): Promise<void> {
  const { patroni, dataDir } = node;
  if (patroni === undefined) return;
  process.kill(patroni.pid, 'SIGKILL');
  await patroni.exited;
  const postmaster = Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim();
  for (const pid of [postmaster, ...children.split(' ').filter(Boolean).map(Number)])
    process.kill(pid, 'SIGKILL');
}
