import { fileURLToPath } from 'node:url';
import { testBrowser, waitFor } from '@pair/test-kit';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { otherOrigin } from '../support/browser/pages.ts';
import { ADMIN, sharedSystem, startSystem } from '../support/system.ts';

/** The script of a page whose tokens are bound to a key, with a clock that a test can put forward. */
const PAGE_SCRIPT = `
  import { createClient, webStorage } from '@pair/client';
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs, sleep: (ms) => new Promise((done) => setTimeout(done, ms)) };
  const client = createClient({ baseUrl: globalThis.API ?? location.origin, tokens: webStorage(localStorage), dpop: true, clock });
  const resultOf = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const storedKeys = async () => {
    const database = await resultOf(indexedDB.open('dpop-keys'));
    return resultOf(database.transaction('keys').objectStore('keys').getAll());
  };
  Object.assign(globalThis, {
    client,
    whoAmI: () => client.auth.GET('/auth/me').then(({ data }) => data.username, ({ code }) => code),
    putForward: (ms) => { aheadMs += ms; },
    countKeys: async () => (await storedKeys()).length,
    exportKeys: async () => Promise.all((await storedKeys()).map(({ privateKey }) =>
      crypto.subtle.exportKey('jwk', privateKey).then(() => 'exported', ({ name }) => name))),
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
const { username, password } = admin;

/** Two tabs of one browser, and the keys of the proofs that they have sent. */
async function twoTabs(t: Test) {
  // the policy of the gateway's pages allows only their own scripts
  const context = await browser.newContext({ bypassCSP: true });
  t.teardown(() => context.close());
  const proofs: string[] = [];
  context.on('request', (request) => {
    const { dpop } = request.headers();
    if (dpop !== undefined) proofs.push(dpop);
  });
  const tabs = [await context.newPage(), await context.newPage()] as const;
  await Promise.all(tabs.map((tab) => open(tab)));
  const inBoth = (expression: string) => Promise.all(tabs.map((tab) => tab.evaluate(expression)));
  return {
    tabs,
    inBoth,
    signIn: `client.signIn('${username}', '${password}').then(() => true)`,
    whoIsThere: () => inBoth('whoAmI()'),
    tokensOf: (tab: Page) => tab.evaluate(`localStorage.getItem('tokens')`),
    /** The keys of the proofs since the last call. */
    takeKeys: () => new Set(proofs.splice(0).map(keyOf)),
  };
}

t.test('two tabs share one key: also after a reload, and while both refresh', async (t) => {
  const { tabs, inBoth, signIn, whoIsThere, tokensOf, takeKeys } = await twoTabs(t);
  const [one, other] = tabs;
  await waitFor(() => one.evaluate(signIn));
  // another tab sees stored tokens a moment later
  await waitFor(async () => (await tokensOf(other)) !== null);
  t.same(await whoIsThere(), [username, username]);
  const keys = takeKeys();
  t.equal(keys.size, 1);
  t.same(await inBoth('exportKeys()'), [['InvalidAccessError'], ['InvalidAccessError']]);

  const before = await tokensOf(other);
  await inBoth(`putForward(${LIFETIME_MS})`);
  t.same(await whoIsThere(), [username, username]);
  await waitFor(async () => (await tokensOf(other)) !== before);
  await Promise.all(tabs.map((tab) => open(tab)));
  t.same(await whoIsThere(), [username, username]);
  t.same(takeKeys(), keys);

  await one.evaluate('client.signOut()');
  await waitFor(async () => (await tokensOf(other)) === null);
  t.same(await inBoth('countKeys()'), [0, 0]);
  t.same(await whoIsThere(), ['token_required', 'token_required']);
});

t.test('two tabs that sign in at the same moment end up with one key', async (t) => {
  const { tabs, inBoth, signIn, whoIsThere, tokensOf, takeKeys } = await twoTabs(t);
  const [one, other] = tabs;
  await inBoth(signIn);
  await waitFor(async () => (await tokensOf(one)) === (await tokensOf(other)));
  takeKeys();
  t.same(await whoIsThere(), [username, username]);
  await Promise.all(tabs.map((tab) => open(tab)));
  t.same(await whoIsThere(), [username, username]);
  t.equal(takeKeys().size, 1);
});

t.test('a page of another origin that is allowed sends proofs, and reads the nonces', async (t) => {
  const page = await otherOrigin(t, '127.0.0.1', (_request, response) => response.end());
  const [{ url: api }, context] = await Promise.all([
    startSystem(t, { env: { CORS_ORIGINS: page } }),
    browser.newContext(),
  ]);
  t.teardown(() => context.close());
  const tab = await context.newPage();
  await tab.addInitScript(`globalThis.API = '${api}'`);
  await open(tab, page);
  const signIn = `client.signIn('${ADMIN.username}', '${ADMIN.password}').then(() => true, ({ code }) => code)`;
  t.equal(await tab.evaluate(signIn), true);
  t.equal(await tab.evaluate('whoAmI()'), ADMIN.username);
});

async function open(tab: Page, page = url): Promise<void> {
  await tab.goto(page);
  await tab.addScriptTag({ content });
}

/** The public key of a proof, as text. */
function keyOf(proof: string): string {
  const [header = ''] = proof.split('.');
  return JSON.stringify(JSON.parse(Buffer.from(header, 'base64url').toString()).jwk);
}
