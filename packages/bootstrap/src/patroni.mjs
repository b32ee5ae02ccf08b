// Plain JavaScript, like pgbouncer.mjs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entries, fetchDebianCopy } from './debian-copy.mjs';
import { findCommand } from './prerequisites.mjs';
import { ROOT, say } from './workspace.mjs';

const COPY = join(ROOT, 'node_modules/.cache/patroni');
/** The Python that Debian's modules are for. */
const PYTHON = '/usr/bin/python3';
const PACKAGES = ['patroni', 'etcd-server', 'haproxy', 'postgresql'];
const LIMIT_MS = 300_000;

/**
 * The programs of a PostgreSQL that Patroni manages, for tests: the installed ones, and private copies of those that are
 * missing. Nothing is installed, so no service starts. The sources of packages of this machine, a Debian, provide the copies.
 * @returns {Promise<{ python: string, patroni: string, etcd: string, haproxy: string, postgres: string, env: Record<string, string> }>}
 *   paths of the programs, the folder of those of PostgreSQL, and the environment of all
 * @throws with the reason why there are none
 */
export async function patroniPrograms() {
  if (!existsSync(PYTHON)) throw new Error('there is no Python of Debian');
  if (!existsSync(COPY)) {
    say('fetching Patroni, etcd and HAProxy of Debian for tests (nothing is installed)');
    await fetchDebianCopy(COPY, PACKAGES, { limitMs: LIMIT_MS });
  }
  /** @param {string} name */
  const program = (name) => {
    const path =
      [join(COPY, 'usr/bin', name), join(COPY, 'usr/sbin', name)].find(existsSync) ?? findCommand(name);
    if (path === undefined) throw new Error(`there is no ${name}`);
    return path;
  };
  return {
    python: PYTHON,
    patroni: program('patroni'),
    etcd: program('etcd'),
    haproxy: program('haproxy'),
    postgres: newestPostgres(),
    env: {
      PYTHONPATH: join(COPY, 'usr/lib/python3/dist-packages'),
      LD_LIBRARY_PATH: entries(join(COPY, 'usr/lib'), /-linux-gnu/).join(':'),
    },
  };
}

function newestPostgres() {
  const versions = [join(COPY, 'usr/lib/postgresql'), '/usr/lib/postgresql'].flatMap((folder) =>
    entries(folder, /^\d+$/),
  );
  const newest = versions
    .map((folder) => join(folder, 'bin'))
    .filter((bin) => existsSync(join(bin, 'pg_basebackup')))
    .sort()
    .at(-1);
  if (newest === undefined) throw new Error('there is no PostgreSQL of Debian');
  return newest;
}
