import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureCommand, findCommand, ROOT } from '@pair/bootstrap';
import { temporaryFolder, waitFor } from '@pair/test-kit';
import t from 'tap';
import { CHART } from './support/chart/helm.ts';
import { documents } from './support/chart/value-sets.ts';

const NODES = [0, 1, 2];
// other runs on this machine use other addresses: the ports are fixed in the scripts
const network = `127.${1 + (process.pid % 250)}.${1 + (Math.floor(process.pid / 250) % 250)}`;
const addressOf = (node: number) => `${network}.${node + 1}`;
const folder = temporaryFolder('valkey');
const secrets = join(folder, 'secrets');
const running = new Map<string, ChildProcess>();
const scripts = documents('valkey.yaml').find(({ kind }) => kind === 'ConfigMap').data;

t.teardown(async () => {
  await Promise.all([...running.keys()].map(kill));
  rmSync(folder, { recursive: true, force: true });
});

t.test('the example has the scripts of services/ha, which Compose mounts', async (t) => {
  for (const [name, script] of Object.entries(scripts))
    t.equal(script, readFileSync(join(ROOT, 'services/ha', name), 'utf8'), name);
  t.same(Object.keys(scripts), ['server.sh', 'sentinel.sh']);
});

t.test('three nodes of the example fail over, and come back', { skip: onlyLinux() }, async (t) => {
  t.setTimeout(120_000);
  prepare();
  for (const node of NODES) startNode(node);
  await waitFor(async () => (await increment(0)) === '1', 30_000);
  t.equal(await primary(1), addressOf(0), 'the first primary is the first node');
  await waitFor(async () => (await sentinel(1, 'sentinel', 'ckquorum')).startsWith('OK 3'), 20_000);
  // Sentinel asks for the replicas every ten seconds, and promotes only one that it knows
  for (const node of [1, 2])
    await waitFor(
      async () => (await sentinel(node, 'sentinel', 'replicas')).match(/^runid$/gm)?.length === 2,
      30_000,
    );
  t.match(await sentinel(1, 'client', 'failover'), /NOPERM/, 'a service cannot order a failover');

  await killNode(0);
  await waitFor(async () => ((await primary(1)) ?? addressOf(0)) !== addressOf(0), 30_000);
  const next = NODES.find((node) => node > 0 && addressOf(node) === promoted) ?? 0;
  await waitFor(async () => (await increment(next)) === '2', 20_000);
  startNode(0);
  await waitFor(async () => (await role(0)) === `slave ${addressOf(next)}`, 30_000);

  for (const node of NODES) await killNode(node);
  for (const node of NODES) startNode(node);
  await waitFor(async () => (await increment(next)) === '3', 30_000);
  t.equal(await primary(0), addressOf(next), 'after a cold start the last primary goes on');
});

let promoted: string | undefined;

/** The system has all of 127.0.0.0/8 only on Linux. */
function onlyLinux(): string | false {
  return process.platform === 'linux' ? false : 'the nodes need three loopback addresses';
}

/** Writes the Secret of the example, with the rights in its comment, and gives Redis the names of Valkey. */
function prepare(): void {
  ensureCommand('redis-server');
  for (const path of [secrets, join(folder, 'bin')]) mkdirSync(path, { recursive: true });
  symlinkSync(findCommand('redis-server') ?? '', join(folder, 'bin/valkey-server'));
  symlinkSync(findCommand('redis-cli') ?? '', join(folder, 'bin/valkey-cli'));
  for (const user of ['replica', 'sentinel', 'client'])
    writeFileSync(join(secrets, `${user}-password`), `password-of-${user}`);
  const comment = readFileSync(join(CHART, 'examples/valkey.yaml'), 'utf8');
  const users = [...comment.matchAll(/^# +(user (\w+) on) >\S+ (.+)$/gm)].map(
    ([, start, name, rights]) => `${start} >password-of-${name} ${rights}`,
  );
  const all = ['user default off resetpass ~* &* +@all', 'user tester on nopass ~* +@all', ...users];
  writeFileSync(join(secrets, 'users.acl'), `${all.join('\n')}\n`);
}

function startNode(node: number): void {
  for (const kind of ['server', 'sentinel']) {
    const data = join(folder, kind + node);
    mkdirSync(data, { recursive: true });
    const script = String(scripts[`${kind}.sh`])
      .replaceAll('/run/secrets', secrets)
      .replaceAll('/data', data)
      .replace(/dir \/tmp$/m, `dir ${data}`)
      .replace(/^port/m, `bind ${addressOf(node)}\nport`)
      .replace(' +client|setinfo', ''); // Redis 7.0 does not know it
    const env: NodeJS.ProcessEnv = {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      HOSTNAME: `valkey-${node}`,
    };
    for (const each of NODES) env[`VALKEY_${each}_SERVICE_HOST`] = addressOf(each);
    running.set(kind + node, spawn('sh', ['-c', script], { env, stdio: 'ignore' }));
  }
}

async function killNode(node: number): Promise<void> {
  await Promise.all([kill(`server${node}`), kill(`sentinel${node}`)]);
}

async function kill(name: string): Promise<void> {
  const child = running.get(name);
  running.delete(name);
  if (child === undefined || child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Resolves with the output, also of an error. */
async function command(node: number, port: number, user: string, ...words: string[]): Promise<string> {
  const args = ['-h', addressOf(node), '-p', String(port), '--user', user, '-a', `password-of-${user}`];
  const { stdout } = await promisify(execFile)('redis-cli', [...args, '--no-auth-warning', ...words], {
    timeout: 3_000,
  }).catch(() => ({ stdout: '' }));
  return stdout.trim();
}

const sentinel = (node: number, user: string, word: string) =>
  command(node, 26_379, user, 'sentinel', word, 'pair');

async function primary(node: number): Promise<string | undefined> {
  promoted = (await sentinel(node, 'client', 'get-master-addr-by-name')).split('\n')[0] || undefined;
  return promoted;
}

async function role(node: number): Promise<string> {
  return (await command(node, 6_379, 'tester', 'role')).split('\n').slice(0, 2).join(' ');
}

/** The new value, once the node takes writes. */
function increment(node: number): Promise<string> {
  return command(node, 6_379, 'tester', 'incr', 'counter');
}
