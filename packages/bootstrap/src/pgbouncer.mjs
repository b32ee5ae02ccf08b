// Plain JavaScript, like prerequisites.mjs, which installs the other programs.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findCommand } from './prerequisites.mjs';
import { isAtLeast, ROOT, say } from './workspace.mjs';

const run = promisify(execFile);

/** The oldest version that the services work with. */
const FLOOR = '1.26.1';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const COPY = join(ROOT, 'node_modules/.cache/pgbouncer');
const LIMIT_MS = 60_000;

/**
 * The command of a PgBouncer that the services work with: the installed one, or a private copy from Debian's newest suite,
 * which runs with the libraries of that suite. The system stays as it is. Debian's mirror of this machine provides the copy.
 * @returns {Promise<string[]>}
 * @throws with the reason why there is none
 */
export async function newPgBouncer() {
  const installed = findCommand('pgbouncer');
  if (installed !== undefined && isAtLeast(await versionOf([installed]), FLOOR)) return [installed];
  if (!existsSync(COPY)) await fetchCopy();
  const loader = join(COPY, 'usr/lib64', readdirSync(join(COPY, 'usr/lib64')).find(isLoader) ?? '');
  const [libraries = ''] = readdirSync(join(COPY, 'usr/lib')).filter((name) => name.endsWith('-linux-gnu'));
  const command = [
    loader,
    '--library-path',
    join(COPY, 'usr/lib', libraries),
    join(COPY, 'usr/sbin/pgbouncer'),
  ];
  const version = await versionOf(command);
  if (!isAtLeast(version, FLOOR)) throw new Error(`the newest PgBouncer of Debian is ${version}`);
  return command;
}

/** @param {string} name */
const isLoader = (name) => name.startsWith('ld-linux');

/** @param {string[]} command */
async function versionOf([program = '', ...args]) {
  const { stdout } = await run(program, [...args, '--version'], { timeout: LIMIT_MS });
  return /PgBouncer ([\d.]+)/.exec(stdout)?.[1] ?? '0';
}

/** Fetches with folders of its own for apt, so that no index of this machine changes. */
async function fetchCopy() {
  say(`fetching PgBouncer ${FLOOR} or newer for tests (nothing is installed)`);
  mkdirSync(join(COPY, '..'), { recursive: true });
  const folder = mkdtempSync(`${COPY}-`);
  try {
    const { stdout: sites } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)']);
    const site = sites.split('\n').find((uri) => /\/debian\/$/.test(uri));
    if (site === undefined) throw new Error('this machine has no mirror of Debian');
    for (const path of ['state/lists/partial', 'cache/archives/partial', 'root'])
      mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, 'status'), '');
    writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${site} sid main\n`);
    const options = Object.entries({
      'Dir::Etc::sourcelist': join(folder, 'sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::State': join(folder, 'state'),
      'Dir::State::status': join(folder, 'status'),
      'Dir::Cache': join(folder, 'cache'),
      'Acquire::Languages': 'none',
      'Acquire::Retries': '1',
      'Acquire::http::Timeout': '10',
      'APT::Sandbox::User': 'root',
    }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    /** @param {string[]} args */
    const apt = (...args) =>
      run('apt-get', ['-q', ...options, ...args], { cwd: folder, timeout: LIMIT_MS, maxBuffer: 2 ** 24 });
    await apt('update');
    const { stdout: plan } = await apt('--simulate', '--no-install-recommends', 'install', 'pgbouncer');
    const packages = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
    await apt('download', ...packages.filter(isNeeded));
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.deb')))
      await run('dpkg-deb', ['-x', join(folder, name), join(folder, 'root')], { timeout: LIMIT_MS });
    renameSync(join(folder, 'root'), COPY);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Libraries alone, without those of Perl, in which Debian wrote tools around PgBouncer.
 * @param {string} name of a package
 */
function isNeeded(name) {
  return name === 'pgbouncer' || name === 'zlib1g' || (name.startsWith('lib') && !name.includes('perl'));
}
