export { patroniPrograms } from './patroni.mjs';
export { pgBouncer } from './pgbouncer.mjs';
export { ensureCommand, findCommand, manualInstall } from './prerequisites.mjs';
export { transpileSources } from './transpile.mjs';
export { build, isAtLeast, ROOT, refuse, say, step } from './workspace.mjs';
