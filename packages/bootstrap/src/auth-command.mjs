// `npm run auth -- clients list` runs a command of auth on the stores of the `npm start` that uses this data folder.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT, refuse } from './workspace.mjs';

const args = process.argv.slice(2);
const cli = join(ROOT, 'services', 'auth', 'dist', 'cli.js');
if (!existsSync(cli)) refuse('The services are not built yet: run npm start, which builds them.');
if (args.length === 0 || args.includes('--help')) runCli(process.env);

const folder = resolve(process.env.DATA_DIR || '.data');
const settings = join(folder, 'auth.json');
if (!existsSync(settings) || !isRunning(Number(readFileSync(join(folder, 'pid'), 'utf8')))) {
  refuse(
    `No npm start runs on ${folder}: start it, or set DATA_DIR to the folder that it named as "Data and secrets".`,
  );
}
runCli({ ...process.env, ...JSON.parse(readFileSync(settings, 'utf8')) });

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {never}
 */
function runCli(env) {
  process.exit(spawnSync(process.execPath, [cli, ...args], { stdio: 'inherit', env }).status ?? 1);
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
