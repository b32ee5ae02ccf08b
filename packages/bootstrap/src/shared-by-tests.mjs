import { ensureCommand } from './prerequisites.mjs';
import { load } from './workspace.mjs';

/**
 * Provides the resources that the files of one run share, each from its first request on; test-kit requests them.
 * PostgreSQL is shared because its start takes longer than most tests: each test has a database of its own in it.
 * System programs are shared because a package manager installs one at a time.
 */
export function sharedByTests() {
  /** @type {Promise<{ url: string, stop(): Promise<void> }> | undefined} */
  let postgres;
  return {
    /** @param {string} resource */
    async provide(resource) {
      if (resource !== 'postgres') return String(ensureCommand(/** @type {'nginx'} */ (resource)));
      postgres ??= load('packages/test-kit/dist/test-database.js').then((kit) => kit.startSharedPostgres());
      return (await postgres).url;
    },
    async stop() {
      const started = await postgres;
      await started?.stop();
    },
  };
}
