import { ensureCommand } from './prerequisites.mjs';
import { load } from './workspace.mjs';

/**
 * What the files of one run share, made when the first of them asks: one PostgreSQL, because starting one takes longer
 * than most tests, with a database of its own for each test; and system programs, because package managers install one
 * at a time. test-kit asks for them.
 */
export function sharedByTests() {
  /** @type {Promise<{ url: string, stop(): Promise<void> }> | undefined} */
  let postgres;
  return {
    /** @param {string} wish */
    async provide(wish) {
      if (wish !== 'postgres') return String(ensureCommand(/** @type {'nginx'} */ (wish)));
      postgres ??= load('packages/test-kit/dist/test-database.js').then((kit) => kit.startSharedPostgres());
      return (await postgres).url;
    },
    async stop() {
      const started = await postgres;
      await started?.stop();
    },
  };
}
