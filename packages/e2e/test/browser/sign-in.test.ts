import { axeViolations, testBrowser, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import type { Page } from 'playwright-core';
import t from 'tap';
import { authorizeUrl, newPage, otherOrigin } from '../support/browser/pages.ts';
import { pressAuthorize, signIn, tryOut } from '../support/browser/swagger.ts';
import { beginSession, sharedSystem } from '../support/system.ts';

const [system, browser] = await Promise.all([sharedSystem(t), testBrowser(t)]);
const { admin } = system;
const redis = new Redis(system.redis.url);
t.teardown(() => redis.disconnect());

t.test('a newcomer presses Authorize, signs in, and calls the API', async (t) => {
  const { page, complaints } = await newPage(t, browser);
  await page.goto(system.url);
  await page
    .getByRole('link', { name: /customers/i })
    .first()
    .click();
  await page.waitForURL(/\/docs\/customers/);
  const window = await pressAuthorize(page);
  await signIn(window, admin);
  const dialog = page.locator('.dialog-ux');
  await dialog.getByRole('heading', { name: 'Authorized' }).waitFor();
  await dialog.locator('.btn-done').first().click();

  // younger than the customers of other files, which use the same system
  const customer = { name: `Ada of ${admin.username}`, dob: '2024-02-29' };
  const created = await tryOut(page, 'createCustomer', async (operation) => {
    await operation.locator('textarea').fill(JSON.stringify(customer));
  });
  t.equal(created.status, '201');
  // unchanged: Swagger UI fills in n
  const youngest = () => tryOut(page, 'listCustomers');
  const listed = await youngest();
  t.equal(listed.status, '200');
  t.match(
    await listed.operation.locator('.live-responses-table .microlight').first().textContent(),
    customer.name,
  );

  await page.reload();
  t.equal((await youngest()).status, '200', 'still authorized after a reload');

  await page.goto(`${system.url}/docs/auth`);
  const logout = await tryOut(page, 'logout', async (operation) => {
    await operation.locator('textarea').fill(''); // the body is optional
  });
  t.equal(logout.status, '204', 'the other Swagger is authorized too');
  await page.goto(`${system.url}/docs/customers`);
  await waitFor(async () => (await youngest()).status === '401');
  t.same(complaints, []);
});

t.test('the page reports a wrong password, and then accepts the right one', async (t) => {
  const { page, complaints } = await newPage(t, browser);
  await page.goto(`${system.url}/docs/customers`);
  const window = await pressAuthorize(page);
  await signIn(window, { ...admin, password: 'wrong' });
  t.equal(await window.getByRole('alert').textContent(), 'The username or the password is wrong.');
  t.equal(await window.getByLabel('Username').inputValue(), admin.username);
  t.equal(await window.getByLabel('Password').inputValue(), '');
  await window.getByLabel('Password').fill(admin.password);
  await window.keyboard.press('Enter');
  await page.locator('.dialog-ux').getByRole('heading', { name: 'Authorized' }).waitFor();
  t.same(complaints, []);
});

t.test('an expired code gives no token, and the client shows the error', async (t) => {
  const { page } = await newPage(t, browser);
  await page.route('**/oauth/token', async (route) => {
    const code = new URLSearchParams(route.request().postData() ?? '').get('code') ?? '';
    const sid = Buffer.from(code.slice(3), 'base64url').subarray(0, 16).toString('base64url');
    await redis.hset(`{auth}:session:${sid}`, 'expires_at', Date.now() - 1);
    await route.continue();
  });
  await page.goto(`${system.url}/docs/customers`);
  await signIn(await pressAuthorize(page), admin);
  const errors = page.locator('.dialog-ux .errors');
  await errors.first().waitFor();
  t.match(await errors.first().textContent(), /invalid_grant|Bad Request/);
});

t.test('two tabs that refresh at once get the same successor', async (t) => {
  const { page } = await newPage(t, browser);
  const other = await page.context().newPage();
  await Promise.all([page.goto(system.url), other.goto(system.url)]);
  const { refresh_token } = await beginSession(system.url, admin);
  const refresh = (tab: Page) =>
    tab.evaluate(async (refresh_token) => {
      const body = JSON.stringify({ refresh_token });
      const headers = { 'content-type': 'application/json' };
      for (;;) {
        const response = await fetch('/auth/refresh', { method: 'POST', headers, body });
        const answer = (await response.json()) as { refresh_token: string };
        if (response.status !== 503) return answer; // a busy machine may answer 503
      }
    }, refresh_token);
  const [one, two] = await Promise.all([refresh(page), refresh(other)]);
  t.match(one, { refresh_token: /^rt_/ });
  t.equal(one.refresh_token, two.refresh_token);
});

t.test('the page works without scripts', async (t) => {
  const { page } = await newPage(t, browser, { javaScriptEnabled: false });
  await page.goto(authorizeUrl(system.url));
  await signIn(page, admin);
  await page.waitForURL(/oauth2-redirect\.html\?code=ac_/);
  t.match(new URL(page.url()).searchParams.get('iss'), system.url);
  await page.goto(authorizeUrl(system.url));
  await page.getByRole('link', { name: 'Cancel' }).click();
  await page.waitForURL(/error=access_denied/);
});

t.test('no page of another site can show the page in a frame', async (t) => {
  const { page } = await newPage(t, browser);
  await page.goto('about:blank');
  await page.setContent(`<iframe src="${authorizeUrl(system.url).replaceAll('&', '&amp;')}"></iframe>`);
  await waitFor(async () => page.frames().length === 2);
  const frame = page.frames()[1];
  await waitFor(async () => !/^about:blank$/.test(frame?.url() ?? 'about:blank'));
  t.equal(await frame?.getByLabel('Password').count(), 0);
});

t.test('no page of another origin keeps hold of the page in a window that it opened', async (t) => {
  const { page } = await newPage(t, browser);
  const other = await otherOrigin(t, 'other.localhost', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>another origin</title>');
  });
  await page.goto(other);
  for (const url of [authorizeUrl(system.url), authorizeUrl(system.url, { client_id: 'unknown' })]) {
    const opened = page.context().waitForEvent('page');
    await page.evaluate(`globalThis.opened = window.open(${JSON.stringify(url)})`);
    const window = await opened;
    await window.getByRole('heading').waitFor();
    t.equal(await window.evaluate('window.opener'), null);
    await waitFor(() => page.evaluate('opened.closed'));
    await page.evaluate(`opened.location = ${JSON.stringify(other)}`);
    t.equal(await window.evaluate('location.href'), url, 'the other origin cannot lead the user elsewhere');
  }
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 320]) {
    t.test(`axe finds no fault in the pages of auth, ${colorScheme}, ${width} px wide`, async (t) => {
      const { page } = await newPage(t, browser, { colorScheme, viewport: { width, height: 800 } });
      const check = async (name: string) => {
        t.same(await axeViolations(page), [], name);
        const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
        t.equal(await page.evaluate(overflow), 0, `${name}: nothing to scroll sideways`);
      };
      await page.goto(authorizeUrl(system.url));
      await check('the form');
      await signIn(page, { ...admin, password: 'wrong' });
      await page.getByRole('alert').waitFor();
      await check('the form with an alert');
      await page.goto(authorizeUrl(system.url, { client_id: 'unknown' }));
      await check('an error');
    });
  }
}
