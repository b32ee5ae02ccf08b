// Plain JavaScript, like prerequisites.mjs, which installs the other programs.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Makes a private copy of Debian packages and of what they need that is not installed. Nothing is installed.
 * @param {string} copy the folder for their files; it exists only once it is complete
 * @param {string[]} packages
 * @param {object} options
 * @param {number} options.limitMs for each step
 * @param {(folder: string) => Promise<string[]>} [options.prepare] returns more options for apt-get; `folder` is removed in the end
 * @param {(name: string) => boolean} [options.isNeeded] false for a package that the copy can do without
 */
export async function fetchDebianCopy(copy, packages, { limitMs, prepare, isNeeded = () => true }) {
  mkdirSync(dirname(copy), { recursive: true });
  const folder = mkdtempSync(`${copy}-`);
  try {
    const options = ['-q', '-o', 'APT::Sandbox::User=root', ...((await prepare?.(folder)) ?? [])];
    /** @param {string[]} args */
    const apt = (...args) =>
      run('apt-get', [...options, ...args], { cwd: folder, timeout: limitMs, maxBuffer: 2 ** 24 });
    if (prepare !== undefined) await apt('update');
    const { stdout: plan } = await apt('--simulate', '--no-install-recommends', 'install', ...packages);
    const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name).filter(isNeeded);
    if (names.length > 0) await apt('download', ...names);
    const root = join(folder, 'root');
    mkdirSync(root);
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.deb')))
      await run('dpkg-deb', ['-x', join(folder, name), root], { timeout: limitMs });
    renameSync(root, copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The paths in a folder whose names match.
 * @param {string} folder
 * @param {RegExp} name
 */
export function entries(folder, name) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((entry) => name.test(entry))
    .map((entry) => join(folder, entry));
}
