import { pgBouncer } from './pgbouncer.mjs';
import { ensureCommand } from './prerequisites.mjs';
import { compiledTest } from './transpile.mjs';
import { load } from './workspace.mjs';

/** @typedef {{ teardown(fn: () => unknown): unknown }} Teardown */

const TEST_KIT = 'packages/test-kit/dist';
const SYSTEM = compiledTest('packages/e2e/test/support/system.ts');

/**
 * Starts a resource, and returns what a test needs to reach it.
 * @type {Record<string, (t: Teardown) => Promise<string>>}
 */
const STARTS = {
  'new pgbouncer': async () => JSON.stringify(await pgBouncer('new')),
  'old pgbouncer': async () => JSON.stringify(await pgBouncer('old')),
  postgres: async (t) => (await load(`${TEST_KIT}/test-database.js`)).startSharedPostgres(t),
  browser: async (t) => (await load(`${TEST_KIT}/test-browser.js`)).startSharedBrowser(t),
  system: async (t) => (await load(SYSTEM)).startSharedSystem(t),
};

/**
 * Provides the resources that the files of one run share, each from its first request on; test-kit requests them.
 * They are shared because their start takes longer than most tests. Each test has a database of its own in PostgreSQL,
 * a context of its own in the browser, and an admin of its own in the system.
 * System programs are shared because a package manager installs one at a time.
 */
export function sharedByTests() {
  /** @type {(() => unknown)[]} */
  const teardowns = [];
  const t = { teardown: (/** @type {() => unknown} */ fn) => teardowns.unshift(fn) };
  /** @type {Record<string, Promise<string>>} */
  const started = {};
  /**
   * @param {string} resource
   * @returns {Promise<string>}
   */
  const provide = async (resource) => {
    const start = STARTS[resource];
    if (start === undefined) return String(ensureCommand(/** @type {'nginx'} */ (resource)));
    if (resource === 'system') await provide('postgres'); // its databases are there, and must be dropped before it stops
    started[resource] ??= start(t);
    return started[resource];
  };
  return {
    provide,
    async stop() {
      for (const teardown of teardowns) await teardown();
    },
  };
}
