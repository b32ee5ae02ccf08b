import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Test, t } from 'tap';
import { freePort } from '../src/free-port.ts';
import { startPostgres } from '../src/postgres.ts';
import { isRunning } from '../src/process-table.ts';
import { startRedis } from '../src/redis.ts';

/** So many of the 20,000 ports that a random choice alone would repeat one. */
const SOME = 400;

const freePorts = () => Promise.all(Array.from({ length: SOME }, freePort));

const PRINT_PORTS = `
  const { freePort } = await import(${JSON.stringify(new URL('../dist/free-port.js', import.meta.url))});
  console.log(JSON.stringify(await Promise.all(Array.from({ length: ${SOME} }, freePort))));
  setInterval(() => {}, 1_000);
`;

t.test('a free port can be listened on', async () => {
  const server = createServer().listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

t.test('a free port goes to one caller only, of all processes, before a server listens on it', async (t) => {
  const other = spawn(process.execPath, ['--input-type=module', '--eval', PRINT_PORTS]);
  t.teardown(() => other.kill());
  const [printed] = await once(other.stdout, 'data');
  const ports = [...JSON.parse(String(printed)), ...(await freePorts())];
  t.equal(new Set(ports).size, 2 * SOME);
});

t.test('a process is identified by its id and its command line, never by its id alone', async (t) => {
  t.ok(isRunning(process.pid, 'local-stores.test'));
  t.notOk(isRunning(process.pid, 'another program'));
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  t.ok(isRunning(pid, 'sleep'));
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.notOk(isRunning(pid, 'sleep'));
});

t.test('a Redis that is too old fails the start with one sentence', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'redis-server'), '#!/bin/sh\necho "Redis server v=6.0.16 sha=00000000:0"\n');
  chmodSync(join(folder, 'redis-server'), 0o755);
  const path = process.env.PATH;
  t.teardown(() => {
    process.env.PATH = path;
  });
  process.env.PATH = `${folder}:${path}`;
  await t.rejects(startRedis({ dataDir: join(folder, 'data'), port: await freePort() }), {
    message: /^\S+redis-server is Redis 6\.0\.16: install Redis 7\.0 or newer\.$/,
  });
});

t.test('the error of a server that does not start contains its log', async (t) => {
  const folder = temporaryFolder(t);
  const server = startRedis({ dataDir: folder, port: await freePort(), config: ['no-such-directive yes'] });
  await t.rejects(server, { message: /did not start:.*no-such-directive/s });
});

t.test(
  'PostgreSQL starts after an interrupted initdb, and beside the lock file of a killed server',
  async (t) => {
    const dataDir = join(temporaryFolder(t), 'data');
    const options = { dataDir, port: await freePort(), password: 'postgres', durable: false };
    mkdirSync(`${dataDir}.new`);
    const first = await startPostgres(options);
    process.kill(first.pid, 'SIGKILL');
    await first.stop();
    // as if the kernel had given the id to another process: this one
    writeFileSync(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n`);
    const second = await startPostgres(options);
    t.not(second.pid, first.pid);
    await second.stop();
  },
);

t.test(
  'under root, the error of a folder that PostgreSQL may not enter is one sentence with the command that helps',
  { skip: process.getuid?.() !== 0 && 'not root' },
  async (t) => {
    const folder = temporaryFolder(t);
    chmodSync(folder, 0o700);
    const options = { dataDir: join(folder, 'data'), port: await freePort(), password: 'x', durable: false };
    await t.rejects(startPostgres(options), { message: `run "chmod o+x ${folder}"` });
  },
);

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'pair-local-stores-'));
  chmodSync(folder, 0o711);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
