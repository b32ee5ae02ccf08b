import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { axeViolations, testBrowser, waitFor } from '@pair/test-kit';
import type { BrowserContextOptions, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { ADMIN, startSystem } from '../support/system.ts';

const [system, browser] = await Promise.all([startSystem(t), testBrowser(t)]);

/** Opens the front page for a new visitor, and collects the browser's complaints about scripts and about the policy. */
async function visit(
  t: Test,
  options: BrowserContextOptions = {},
  prepare?: (page: Page) => Promise<unknown>,
) {
  const context = await browser.newContext(options);
  t.teardown(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(request.url()));
  await prepare?.(page);
  await page.goto(system.url);
  return { page, context, complaints };
}

const addresses = (page: Page) =>
  page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));

t.test('the page loads without a complaint, and shows that both services are up', async (t) => {
  const { page, complaints } = await visit(t);
  await page.getByText('auth is up').waitFor();
  await page.getByText('customers is up').waitFor();
  t.strictSame(complaints, []);
});

t.test('without scripts the page has all links, and each link works', async (t) => {
  const { page } = await visit(t, { javaScriptEnabled: false });
  const links = await addresses(page);
  for (const expected of [
    '/status',
    '/docs/auth',
    '/docs/customers',
    '/docs/auth/json',
    '/docs/customers/json',
    '/docs/postman.json',
    '/docs/postman-environment.json',
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-protected-resource',
    '/.well-known/jwks.json',
  ])
    t.ok(links.includes(expected), expected);
  for (const link of links) t.equal((await fetch(system.url + link)).status, 200, link);
  t.equal(await page.locator('pre').count(), 4);
  t.equal(await page.getByRole('button').count(), 0, 'no button, because it would do nothing');
});

t.test('the page says where the password is, and where the story goes on', async (t) => {
  const { page } = await visit(t);
  const text = ((await page.locator('main').textContent()) ?? '').replaceAll(/\s+/g, ' ');
  const printed = readFileSync(join(ROOT, 'packages/standalone/src/services.ts'), 'utf8');
  const [, line = ''] = /in the line (.+?)\. /.exec(text) ?? [];
  t.match(line, 'password');
  t.ok(printed.includes(`${line}: `), 'npm start prints that line');
  t.match(text, 'npm run auth -- set-password admin');
  t.notMatch(text, ADMIN.password);
  const [, section = ''] = /README\.md, under (.+?):/.exec(text) ?? [];
  t.match(readFileSync(join(ROOT, 'README.md'), 'utf8'), `\n## ${section}\n`);
});

t.test('the commands of the page work in sh', async (t) => {
  const { page } = await visit(t);
  const lines = await page.locator('pre').allTextContents();
  for (const line of lines) t.ok(line.includes(`${system.url}/`), 'with the address of the page');
  const [signIn = '', create = '', youngest = '', signOut = ''] = lines;
  const shell = (script: string[], token = '') => {
    const { stdout, stderr } = spawnSync('sh', ['-c', script.join('\n')], {
      input: `${ADMIN.password}\n`,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ACCESS: token },
    });
    return { stdout, stderr };
  };
  let first = { stdout: '', stderr: '' };
  await waitFor(() => {
    first = shell([signIn, create, youngest, signOut, 'echo "token=$ACCESS"']);
    return !first.stderr.includes('503'); // a busy machine may answer 503
  });
  t.equal(first.stderr, '');
  const [, created = '', list = ''] =
    /^Password of admin: (\{.*\})\n(\{.*\})\nHTTP\/1.1 204 /.exec(first.stdout) ?? [];
  t.match(JSON.parse(created), { name: 'Ada Lovelace', dob: '1815-12-10' });
  t.strictSame(JSON.parse(list).items, [JSON.parse(created)]);
  const token = /token=(.*)/.exec(first.stdout)?.[1];
  await waitFor(() => JSON.parse(shell([youngest], token).stdout).status === 401);
});

t.test('a button copies its command, says so, and has its own name again two seconds later', async (t) => {
  const { page, context } = await visit(t, {}, (page) => page.clock.install());
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const buttons = page.getByRole('button');
  for (const [index, line] of (await page.locator('pre').allTextContents()).entries()) {
    await buttons.nth(index).click();
    await buttons.nth(index).filter({ hasText: 'Copied' }).waitFor();
    t.equal(await page.evaluate('navigator.clipboard.readText()'), line);
  }
  await page.getByRole('status').filter({ hasText: 'Copied: Sign out' }).waitFor();
  await page.clock.runFor(2_000);
  t.ok(await page.getByRole('button', { name: 'Copy Sign out' }).isVisible());
});

t.test('where the page may not copy, a button selects its command', async (t) => {
  const { page } = await visit(t, {}, (page) =>
    page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })"),
  );
  await page.getByRole('button').nth(2).click();
  await page.getByRole('status').filter({ hasText: 'Selected' }).waitFor();
  t.equal(await page.evaluate('getSelection().toString()'), await page.locator('pre').nth(2).textContent());
});

t.test('axe finds no fault, the page does not scroll sideways, and the focus is visible', async (t) => {
  const { page } = await visit(t);
  await page.getByText('customers is up').waitFor();
  for (const width of [1_280, 640, 360, 320]) {
    await page.setViewportSize({ width, height: 800 });
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
    if (width !== 1_280 && width !== 360) continue;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      t.strictSame(await axeViolations(page), [], `${colorScheme}, ${width} px`);
    }
  }

  const stops = (await page.getByRole('link').count()) + (await page.getByRole('button').count());
  for (let stop = 0; stop < stops; stop += 1) {
    await page.keyboard.press('Tab');
    const isSeen = await page.evaluate(
      "[null, '::before'].some((part) => getComputedStyle(document.activeElement, part).outlineStyle === 'solid')",
    );
    t.ok(isSeen, `stop ${stop}`);
  }
});

t.test('a service that does not answer in time is slow on the page, which soon asks again', async (t) => {
  const answers = ['{"auth":"up","customers":"slow"}', '{"auth":"up","customers":"up"}'];
  const { page } = await visit(t, {}, async (page) => {
    await page.clock.install();
    await page.route('**/status', (route) =>
      route.fulfill({ contentType: 'application/json', body: answers.shift() ?? '' }),
    );
  });
  await page.getByText('customers is slow to answer').waitFor();
  await page.clock.runFor(2_500);
  await page.getByText('customers is up').waitFor();
});

// this test is last, because it stops a service that the others need
t.test(
  'within seconds the page shows a stopped service as down, and a gateway out of reach as unreachable',
  async (t) => {
    const { page, context } = await visit(t, {}, (page) => page.clock.install());
    const soonSays = (...texts: string[]) =>
      waitFor(async () => {
        await page.clock.runFor(5_000);
        const areSaid = await Promise.all(texts.map((text) => page.getByText(text).isVisible()));
        return areSaid.every(Boolean);
      });
    await system.customers[0]?.stop();
    await soonSays('customers is down', 'auth is up');
    await context.setOffline(true);
    await soonSays('customers is unreachable', 'auth is unreachable');
    await context.setOffline(false);
    await soonSays('customers is down', 'auth is up');
  },
);
