export { findCommand, manualInstall } from './prerequisites.mjs';
export { isAtLeast, ROOT } from './workspace.mjs';
