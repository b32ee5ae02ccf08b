// `npm start`, and `npm run dev` with the argument --watch. Plain JavaScript, without dependencies: it runs on a machine that has only Node.

import { stopWithParent } from './parent.mjs';
import { ensureCommand, manualInstall } from './prerequisites.mjs';
import { build, installDependencies, load, refuse, requireNode, say } from './workspace.mjs';

stopWithParent();
requireNode();
if (process.platform === 'win32') {
  refuse('There is no Redis for Windows: run this in WSL, or use "docker compose up".');
}
const bringsRedis = process.env.REDIS_URL || process.env.REDIS_URL_FILE;
if (!bringsRedis && !ensureCommand('redis-server')) {
  refuse(
    `${manualInstall('redis-server')} Or use your own Redis: REDIS_URL=redis://user:password@host:6379 npm start`,
  );
}
installDependencies();
say('building the changed packages');
if (!build(['packages/standalone'])) refuse('The build failed: see the lines above.');
const main = process.argv.includes('--watch') ? 'dev.js' : 'main.js';
await load(`packages/standalone/dist/${main}`);
