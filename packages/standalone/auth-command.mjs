// `npm run auth -- clients list`: a command of auth, on the stores of the `npm start` that runs with this data folder.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT, refuse } from '../local-stores/workspace.mjs';

const COMMANDS = [
  'clients',
  'set-password',
  'rotate-signing-key',
  'revoke-signing-key',
  'reseal-signing-keys',
];

const [name = '', ...args] = process.argv.slice(2);
if (!COMMANDS.includes(name)) {
  refuse(`Usage: npm run auth -- <command> [arguments], where the command is one of ${COMMANDS.join(', ')}.`);
}
const settings = join(resolve(process.env.DATA_DIR || '.data'), 'auth.json');
if (!existsSync(settings)) refuse(`There is no ${settings}: run "npm start" first, and leave it running.`);
const env = { ...process.env, ...JSON.parse(readFileSync(settings, 'utf8')) };
const command = join(ROOT, 'services', 'auth', 'dist', `${name}.js`);
process.exitCode = spawnSync(process.execPath, [command, ...args], { stdio: 'inherit', env }).status ?? 1;
