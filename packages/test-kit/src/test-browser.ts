import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import type { Teardown } from './teardown.ts';
import { systemProgram } from './test-run.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Starts a real Chromium without a window. */
export async function testBrowser(t: Teardown): Promise<Browser> {
  const executablePath = await systemProgram('chromium');
  const { chromium } = await import('playwright-core'); // loaded here, because the import is slow and few tests need it
  // Chromium refuses its sandbox to root, and containers lack the rights for it
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
  t.teardown(() => browser.close());
  return browser;
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
