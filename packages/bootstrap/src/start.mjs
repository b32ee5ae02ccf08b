// `npm start`, and `npm run dev` with the argument --watch. Plain JavaScript, without dependencies: it runs on a machine that has only Node.
import { readArguments } from './arguments.mjs';
import { stopWithParent } from './parent.mjs';
import { ensureCommand, manualInstall } from './prerequisites.mjs';
import { build, installDependencies, isBuilt, load, refuse, requireNode, step } from './workspace.mjs';

const USAGE = `Usage: npm start      runs both services, PostgreSQL and Redis; installs and builds what is missing
       npm run dev    the same, and restarts the services after each change
Settings are environment variables, for example PORT=8081 npm start: see "Settings" in README.md.`;

stopWithParent();
requireNode();
const { flags } = readArguments(USAGE, { flags: ['watch'] });
if (process.platform === 'win32') {
  refuse('There is no Redis for Windows: run this in WSL, or use "docker compose up".');
}
step(1, 'installing what is missing');
const bringsRedis = process.env.REDIS_URL || process.env.REDIS_URL_FILE;
if (!bringsRedis && !ensureCommand('redis-server')) {
  refuse(
    `${manualInstall('redis-server')} Or use your own Redis: REDIS_URL=redis://user:password@host:6379 npm start`,
  );
}
installDependencies();
step(
  2,
  isBuilt('packages/standalone') ? 'building what has changed' : 'building, which takes up to a minute once',
);
if (!build(['packages/standalone'])) refuse('The build failed: see the lines above.');
const main = flags.has('watch') ? 'dev.js' : 'main.js';
await load(`packages/standalone/dist/${main}`);
