import { fileURLToPath } from 'node:url';
import { testBrowser, waitFor } from '@pair/test-kit';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import t from 'tap';
import { sharedSystem } from '../support/system.ts';

/** The script of a page that uses the client, with a clock that a test can put forward. */
const PAGE_SCRIPT = `
  import { createClient, webStorage } from '@pair/client';
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs, sleep: (ms) => new Promise((done) => setTimeout(done, ms)) };
  const client = createClient({ baseUrl: location.origin, tokens: webStorage(localStorage), clock });
  Object.assign(globalThis, {
    client,
    whoAmI: () => client.auth.GET('/auth/me').then(({ data }) => data.username, ({ code }) => code),
    putForward: (ms) => { aheadMs += ms; },
  });
`;
/** The lifetime of an access token: once it has passed, a request waits for the next token. */
const LIFETIME_MS = 600_000;

const [{ url, admin }, browser, { outputFiles }] = await Promise.all([
  sharedSystem(t),
  testBrowser(t),
  build({
    stdin: { contents: PAGE_SCRIPT, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    format: 'iife',
    write: false,
  }),
]);
const content = outputFiles.map(({ text }) => text).join('');

t.test(
  'two tabs share one session in localStorage: also after a reload, and while both refresh',
  async (t) => {
    // the policy of the gateway's pages allows only their own scripts
    const context = await browser.newContext({ bypassCSP: true });
    t.teardown(() => context.close());
    const newTab = async () => {
      const tab = await context.newPage();
      await open(tab);
      return tab;
    };
    const tabs = [await newTab(), await newTab()] as const;
    const [one, other] = tabs;
    const whoIsThere = () => Promise.all(tabs.map((tab) => tab.evaluate('whoAmI()')));

    t.same(await whoIsThere(), ['token_required', 'token_required']);
    const { username, password } = admin;
    await waitFor(() => one.evaluate(`client.signIn('${username}', '${password}').then(() => true)`));
    // another tab sees stored tokens a moment later
    const kept = () => other.evaluate(`localStorage.getItem('tokens')`);
    await waitFor(async () => (await kept()) !== null);
    t.same(await whoIsThere(), [username, username]);

    let refreshes = 0;
    context.on('request', (request) => {
      if (request.url().endsWith('/auth/refresh')) refreshes += 1;
    });
    for (let round = 1; round <= 3; round += 1) {
      const before = await kept();
      await Promise.all(tabs.map((tab) => tab.evaluate(`putForward(${LIFETIME_MS})`)));
      t.same(await whoIsThere(), [username, username]);
      await waitFor(async () => (await kept()) !== before);
    }
    t.ok(refreshes >= 3 && refreshes <= 6, `${refreshes} refreshes`);

    await open(one);
    t.same(await whoIsThere(), [username, username]);
    await one.evaluate('client.signOut()');
    await waitFor(async () => (await kept()) === null);
    t.same(await whoIsThere(), ['token_required', 'token_required']);
  },
);

async function open(tab: Page): Promise<void> {
  await tab.goto(url);
  await tab.addScriptTag({ content });
}
