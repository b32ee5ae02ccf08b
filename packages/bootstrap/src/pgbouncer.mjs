// Plain JavaScript, like prerequisites.mjs, which installs the other programs.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { entries, fetchDebianCopy } from './debian-copy.mjs';
import { findCommand } from './prerequisites.mjs';
import { isAtLeast, ROOT, say } from './workspace.mjs';

const run = promisify(execFile);

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const CACHE = join(ROOT, 'node_modules/.cache/pgbouncer');
const LIMIT_MS = 60_000;

/**
 * The suites of Debian with the versions that tests need: one that the services work with, and one that is too old.
 * @type {Record<'new' | 'old', { suite: string, isRight: (version: string) => boolean }>}
 */
const KINDS = {
  new: { suite: 'sid', isRight: (version) => isAtLeast(version, '1.26.1') },
  old: { suite: 'bookworm', isRight: (version) => !isAtLeast(version, '1.21') },
};

/**
 * The command of a PgBouncer for tests: the installed one if its version is right, or else a private copy, which runs with the
 * libraries of its suite. Nothing is installed. Debian's mirror of this machine provides the copy.
 * @param {'new' | 'old'} kind
 * @returns {Promise<string[]>}
 * @throws with the reason why there is none
 */
export async function pgBouncer(kind) {
  const { suite, isRight } = KINDS[kind];
  const installed = findCommand('pgbouncer');
  if (installed !== undefined && isRight(await versionOf([installed]))) return [installed];
  const copy = join(CACHE, suite);
  if (!existsSync(copy)) {
    say(`fetching the PgBouncer of Debian's ${suite} for tests (nothing is installed)`);
    const prepare = (/** @type {string} */ folder) => optionsFor(suite, folder);
    await fetchDebianCopy(copy, ['pgbouncer'], { limitMs: LIMIT_MS, prepare, isNeeded });
  }
  const libraries = libraryFolders(copy);
  const loader = libraries.flatMap((folder) => entries(folder, /^ld-linux/)).at(0) ?? '';
  const command = [loader, '--library-path', libraries.join(':'), join(copy, 'usr/sbin/pgbouncer')];
  const version = await versionOf(command);
  if (!isRight(version)) throw new Error(`the PgBouncer of ${suite} is ${version}`);
  return command;
}

/**
 * The folders of the libraries, such as usr/lib/x86_64-linux-gnu. Older suites have a part of them in lib.
 * @param {string} copy
 */
function libraryFolders(copy) {
  return ['usr/lib', 'lib'].flatMap((folder) => entries(join(copy, folder), /-linux-gnu/));
}

/** @param {string[]} command */
async function versionOf([program = '', ...args]) {
  const { stdout } = await run(program, [...args, '--version'], { timeout: LIMIT_MS });
  return /PgBouncer ([\d.]+)/.exec(stdout)?.[1] ?? '0';
}

/**
 * Gives apt folders of its own, and the index of a suite, so that no index of this machine changes.
 * @param {string} suite
 * @param {string} folder
 */
async function optionsFor(suite, folder) {
  const { stdout: sources } = await run('apt-get', ['--print-uris', 'update']);
  const site = /'(\S+\/debian\/)dists\//.exec(sources)?.[1];
  if (site === undefined) throw new Error('this machine has no mirror of Debian');
  for (const path of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'status'), '');
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${site} ${suite} main\n`);
  return Object.entries({
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Acquire::Languages': 'none',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '10',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/**
 * Libraries alone, without those of Perl, in which Debian wrote tools around PgBouncer.
 * @param {string} name of a package
 */
function isNeeded(name) {
  return name === 'pgbouncer' || name === 'zlib1g' || (name.startsWith('lib') && !name.includes('perl'));
}
