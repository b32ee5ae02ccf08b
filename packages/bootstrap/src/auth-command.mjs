// `npm run auth -- clients list` runs a command of auth on the stores of the `npm start` that uses this data folder.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT, refuse } from './workspace.mjs';

const args = process.argv.slice(2);
const cli = join(ROOT, 'services', 'auth', 'dist', 'cli.js');
if (!existsSync(cli)) refuse('The services are not built yet: run npm start, which builds them.');

const folder = resolve(process.env.DATA_DIR || '.data');
const settings = join(folder, 'auth.json');
if (!existsSync(settings) || !isRunning(Number(readFileSync(join(folder, 'pid'), 'utf8')))) {
  // without settings a command only answers --help, or refuses wrong arguments; else it misses its settings, with status 1
  const { status, stderr } = runCli({}, 'pipe');
  if (status !== 1) {
    process.stderr.write(stderr);
    process.exit(status ?? 1);
  }
  refuse(
    `No npm start runs on ${folder}: start it, or set DATA_DIR to the folder that it named as "Data and secrets".`,
  );
}
const env = { ...process.env, ...JSON.parse(readFileSync(settings, 'utf8')) };
process.exit(runCli(env, 'inherit').status ?? 1);

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {'inherit' | 'pipe'} stderr
 */
function runCli(env, stderr) {
  return spawnSync(process.execPath, [cli, ...args], { stdio: ['inherit', 'inherit', stderr], env });
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
