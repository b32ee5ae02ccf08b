import { testBrowser, waitFor } from '@pair/test-kit';
import type { Page, Response } from 'playwright-core';
import t, { type Test } from 'tap';
import { newPage } from '../support/browser/pages.ts';
import { openAuthorize, pressAuthorize, signIn, tryOut } from '../support/browser/swagger.ts';
import { beginSession, sharedSystem } from '../support/system.ts';

const [system, browser] = await Promise.all([sharedSystem(t), testBrowser(t)]);
const { admin } = system;

/** Opens the reference of customers and signs in. */
async function signedIn(t: Test, prepare: (page: Page) => Promise<unknown> = async () => {}) {
  const { page, complaints } = await newPage(t, browser);
  await prepare(page);
  await page.goto(`${system.url}/docs/customers`);
  await signIn(await pressAuthorize(page), admin);
  const dialog = page.locator('.dialog-ux');
  await dialog.getByText('You are signed in').waitFor();
  await dialog.locator('.btn-done').first().click();
  return { page, complaints };
}

/** The page believes that its first access token expires at once. */
const withShortToken = (page: Page) =>
  page.route(
    '**/oauth/token',
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), expires_in: 0 } });
    },
    { times: 1 },
  );

/** The number of sessions of the admin in Swagger UI. */
async function sessionsInSwaggerUi(): Promise<number> {
  const { access_token } = await beginSession(system.url, admin);
  const answer = await fetch(`${system.url}/auth/sessions`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  const { items } = (await answer.json()) as { items: { client_id: string }[] };
  return items.filter(({ client_id }) => client_id === 'swagger-ui').length;
}

async function logOut(page: Page): Promise<Response> {
  await openAuthorize(page);
  const ended = page.waitForResponse(/\/oauth\/revoke|\/auth\/logout/);
  await page.locator('.dialog-ux').getByRole('button', { name: 'Logout' }).first().click();
  return ended;
}

const isUnlocked = (page: Page) => page.locator('.btn.authorize.unlocked').first().isVisible();

t.test('a request that comes after the token expired gets a new token first', async (t) => {
  const { page, complaints } = await signedIn(t, withShortToken);
  const refreshed = page.waitForResponse('**/oauth/token');
  const listed = page.waitForRequest('**/customers*');
  t.equal((await tryOut(page, 'listCustomers')).status, '200');
  const { access_token } = (await (await refreshed).json()) as { access_token: string };
  t.equal(await (await listed).headerValue('authorization'), `Bearer ${access_token}`);
  t.notMatch(await page.evaluate('JSON.stringify({ ...localStorage })'), 'rt_');
  await page.reload();
  t.equal((await tryOut(page, 'listCustomers')).status, '200', 'still signed in after a reload');
  t.strictSame(complaints, []);
});

t.test('the padlock opens when a session has ended elsewhere', async (t) => {
  const { page } = await signedIn(t, withShortToken);
  const { access_token } = await beginSession(system.url, admin);
  await fetch(`${system.url}/auth/logout-all`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access_token}` },
  });
  t.equal((await tryOut(page, 'listCustomers')).status, '401');
  t.ok(await isUnlocked(page));
});

t.test('Logout ends the session, also after a reload, and in other tabs', async (t) => {
  const before = await sessionsInSwaggerUi();
  const { page } = await signedIn(t);
  t.equal(await sessionsInSwaggerUi(), before + 1);
  const other = await page.context().newPage();
  await other.goto(`${system.url}/docs/auth`);
  t.notOk(await isUnlocked(other));
  t.equal((await logOut(page)).status(), 200);
  await waitFor(() => isUnlocked(other));
  t.equal(await sessionsInSwaggerUi(), before);

  await page.reload();
  await signIn(await pressAuthorize(page), admin);
  await page.locator('.dialog-ux').getByRole('heading', { name: 'Authorized' }).waitFor();
  await page.reload();
  t.equal((await logOut(page)).status(), 204);
  t.equal(await sessionsInSwaggerUi(), before);
});

t.test('a sign-in in another tab replaces the session of this one', async (t) => {
  const before = await sessionsInSwaggerUi();
  const { page } = await signedIn(t);
  const other = await page.context().newPage();
  await other.goto(`${system.url}/docs/auth`);
  await page.evaluate("addEventListener('storage', () => { document.title = 'seen'; })");
  await other.evaluate(
    "localStorage.setItem('authorized', JSON.stringify({ ...JSON.parse(localStorage.authorized), bearerAuth: {} }))",
  );
  await waitFor(async () => (await page.title()) === 'seen');
  t.equal(await sessionsInSwaggerUi(), before + 1, 'another change of the other tab ends nothing');
  await other.evaluate("localStorage.removeItem('authorized')"); // as if the token had expired
  await other.reload();
  const replaced = page.waitForResponse('**/oauth/revoke');
  await signIn(await pressAuthorize(other), admin);
  t.equal((await replaced).status(), 200);
  await waitFor(async () => (await sessionsInSwaggerUi()) === before + 1);
  t.equal((await logOut(page)).status(), 204, 'by the access token of the other tab');
  t.equal(await sessionsInSwaggerUi(), before);
});

t.test('the late answer to a refresh does not undo a Logout', async (t) => {
  const { page } = await signedIn(t, withShortToken);
  let release = () => {};
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(
    '**/oauth/token',
    async (route) => {
      const response = await route.fetch();
      await isReleased;
      await route.fulfill({ response });
    },
    { times: 1 },
  );
  const asked = page.waitForRequest('**/oauth/token');
  const listed = tryOut(page, 'listCustomers');
  await asked;
  t.equal((await logOut(page)).status(), 200);
  release();
  t.equal((await listed).status, '401');
  t.ok(await isUnlocked(page));
});
