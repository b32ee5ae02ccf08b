import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import type { Teardown } from './teardown.ts';
import { shared, systemProgram } from './test-run.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/**
 * A real Chromium without a window: the one of this run of `npm test`, or else one that starts here. A test needs a
 * context of its own in it.
 */
export async function testBrowser(t: Teardown): Promise<Browser> {
  const { chromium } = await import('playwright-core'); // loaded here, because the import is slow and few tests need it
  const endpoint = await shared('browser');
  const browser = await (endpoint === undefined
    ? chromium.launch(await launchOptions())
    : chromium.connect(endpoint));
  t.teardown(() => browser.close());
  return browser;
}

/** Starts the Chromium of a run of `npm test`. Returns the address at which tests connect. */
export async function startSharedBrowser(t: Teardown): Promise<string> {
  const { chromium } = await import('playwright-core');
  const server = await chromium.launchServer({ ...(await launchOptions()), host: '127.0.0.1' });
  t.teardown(() => server.close());
  return server.wsEndpoint();
}

async function launchOptions() {
  // Chromium refuses its sandbox to root, and containers lack the rights for it
  return { executablePath: await systemProgram('chromium'), chromiumSandbox: false };
}

/** The faults that axe-core finds in a page, for people who see, hear or click in other ways. */
export async function axeViolations(page: Page): Promise<string[]> {
  // the debugger is not bound by the policy of the page
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: await readFile(AXE, 'utf8') });
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run().then(({ violations }) => JSON.stringify(violations))',
    awaitPromise: true,
    returnByValue: true,
  });
  const violations: { id: string; help: string; nodes: { html: string }[] }[] = JSON.parse(result.value);
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
}
