export { ensureCommand, findCommand, manualInstall } from './prerequisites.mjs';
export { build, installDependencies, isAtLeast, ROOT, refuse, requireNode, say } from './workspace.mjs';
