import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import type { Teardown } from './teardown.ts';
import { systemProgram } from './test-run.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** A real Chromium without a window. */
export async function testBrowser(t: Teardown): Promise<Browser> {
  const executablePath = await systemProgram('chromium');
  const { chromium } = await import('playwright-core'); // it takes long to load, and few files need it
  // its sandbox needs rights that root gives away, and containers do not have
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
  t.teardown(() => browser.close());
  return browser;
}

/** What axe-core finds wrong with a page, for people who see, hear or click in other ways; best nothing. */
export async function axeViolations(page: Page): Promise<string[]> {
  // by the debugger, which the policy of the page does not bind
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
