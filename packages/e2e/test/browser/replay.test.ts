import { axeViolations, testBrowser, waitFor } from '@pair/test-kit';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { sharedSystem } from '../support/system.ts';

const [{ url, admin }, browser] = await Promise.all([sharedSystem(t), testBrowser(t)]);

/** Opens the page, and collects the complaints of the browser; a refused request is none, and neither is a busy service. */
async function visit(t: Test, story: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  t.teardown(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${url}/replay`);
  await page.getByRole('radio', { name: story }).check();
  return {
    page,
    complaints: () =>
      complaints.filter((text) => !/the server responded with a status of (401|503)/.test(text)),
  };
}

async function signIn(page: Page) {
  await page.getByLabel('Username').fill(admin.username);
  await page.getByLabel('Password').fill(admin.password);
  const button = page.getByRole('button', { name: 'Sign in' });
  const isIn = page.locator('#owner-state.in');
  await waitFor(async () => {
    // a busy machine may answer 503, and the page forgets the password after each attempt
    if (await button.isVisible()) {
      await page.getByLabel('Password').fill(admin.password);
      await button.click();
    }
    return isIn.waitFor({ timeout: 5_000 }).then(
      () => true,
      () => false,
    );
  });
}

const timeLine = (page: Page, text: string | RegExp) => page.locator('#time-line').getByText(text).first();
const says = (page: Page, text: string | RegExp) => timeLine(page, text).waitFor();

/** Presses a button until the time line has what is expected: a busy machine may answer 503. */
async function press(page: Page, name: string, expected?: string | Locator): Promise<void> {
  const busy = page.locator('#time-line li').filter({ hasText: ' 503 ' });
  for (let isDone = false; !isDone; ) {
    const next = busy.nth(await busy.count());
    await page.getByRole('button', { name }).click();
    if (expected === undefined) return;
    const answer = typeof expected === 'string' ? timeLine(page, expected) : expected;
    await answer.or(next).first().waitFor();
    isDone = await answer.isVisible();
  }
}

const steps = (page: Page) => page.locator('#steps li');
const isTold = async (page: Page) => {
  await page.locator('#moral').getByRole('link').waitFor();
  return (await steps(page).count()) === (await page.locator('#steps .done').count());
};

t.test('a stolen access token works for the thief as for the owner', async (t) => {
  const { page, complaints } = await visit(t, 'A stolen access token');
  await signIn(page);
  await press(page, 'Steal the tokens');
  await press(page, 'Call customers as the thief', 'A copy works like the original');
  await press(page, 'Call customers as the owner');
  t.ok(await isTold(page));
  t.strictSame(complaints(), []);
});

t.test('a thief who refreshes late ends the session: both columns show that', async (t) => {
  const { page } = await visit(t, 'A refresh token, late');
  await signIn(page);
  await press(page, 'Steal the tokens');
  await press(page, 'Refresh as the owner', 'has a successor');
  await steps(page).filter({ hasText: 'Wait until' }).and(page.locator('[aria-current]')).waitFor();
  await page.locator('#window-text', { hasText: 'Closed' }).waitFor();
  await press(page, 'Refresh as the thief', 'Reuse: this token was used up before');
  await says(page, /The thief noticed it after [\d.]+ s/);
  await says(page, /The owner noticed it after [\d.]+ s/);
  t.equal(await page.locator('#owner-state').textContent(), 'The session is over');
  t.equal(await page.locator('#thief-state').textContent(), 'The copies are refused');
  t.ok(await isTold(page));
});

t.test('a thief who refreshes first loses the session when the owner refreshes', async (t) => {
  const { page } = await visit(t, 'The thief is first');
  await signIn(page);
  await press(page, 'Steal the tokens');
  await press(page, 'Refresh as the thief', 'The thief was first');
  await page.locator('#window-text', { hasText: 'Closed' }).waitFor();
  await press(page, 'Refresh as the owner', 'Reuse: this token was used up before');
  await says(page, /The thief noticed it after [\d.]+ s/);
  t.equal(await page.locator('#owner-state').textContent(), 'The session is over');
  t.ok(await isTold(page));
});

t.test('a thief who refreshes at once gets the same successor', async (t) => {
  const { page } = await visit(t, 'A refresh token, at once');
  await signIn(page);
  await press(page, 'Steal the tokens');
  await press(page, 'Refresh as the owner', 'has a successor');
  await press(page, 'Refresh as the thief', 'this looks like a second tab');
  const newest = (party: string) => page.locator(`#${party}-tokens`).getByText('refresh').textContent();
  t.match(await newest('thief'), /^refresh 2 …/);
  t.equal(await newest('thief'), await newest('owner'));
});

t.test('with DPoP every attempt of the thief is refused, and the session goes on', async (t) => {
  const { page, complaints } = await visit(t, 'With DPoP');
  t.ok(await page.getByRole('checkbox', { name: 'Bind the tokens to a key' }).isChecked());
  await signIn(page);
  t.equal(await page.locator('#owner-state').textContent(), 'Signed in, with DPoP');
  await press(page, 'Steal the tokens');
  await press(page, 'Call customers as the thief', '401 invalid_dpop_proof');
  await says(page, '401 invalid_token');
  const refused = page.locator('#time-line .thief.denied').filter({ hasText: '401 invalid_grant' });
  await press(page, 'Refresh as the thief', refused.nth(1));
  await press(page, 'Call customers as the owner');
  t.ok(await isTold(page));
  t.equal(await page.locator('#time-line .thief.granted').count(), 0);
  await press(page, 'Refresh as the owner', 'has a successor');
  t.strictSame(complaints(), []);
});

t.test('a story that needs another sign-in begins with a sign-out', async (t) => {
  const { page } = await visit(t, 'A stolen access token');
  await signIn(page);
  const isNow = (text: string) =>
    steps(page).and(page.locator('[aria-current]')).filter({ hasText: text }).waitFor();
  await page.getByRole('radio', { name: 'With DPoP' }).check();
  await isNow('Owner: sign out. This story needs a sign-in with DPoP.');
  await press(page, 'Sign out');
  await isNow('Owner: bind the tokens to a key, and sign in.');
  t.ok(await page.getByRole('checkbox', { name: 'Bind the tokens to a key' }).isChecked());
  await signIn(page);
  await page.getByRole('radio', { name: 'Signing out' }).check();
  await isNow('Owner: sign out. This story needs a sign-in without DPoP.');
});

t.test('at another address than that of the issuer the page says where DPoP works', async (t) => {
  const context = await browser.newContext();
  t.teardown(() => context.close());
  const page = await context.newPage();
  await page.goto(`${url.replace('127.0.0.1', 'localhost')}/replay`);
  const link = page.locator('#dpop-hint').getByRole('link');
  t.equal(await link.getAttribute('href'), `${url}/replay`);
  await page.getByRole('radio', { name: 'With DPoP' }).check();
  const checkbox = page.getByRole('checkbox', { name: 'Bind the tokens to a key' });
  t.notOk(await checkbox.isChecked());
  t.ok(await checkbox.isDisabled());
});

t.test('after a sign-out the copies are refused', async (t) => {
  const { page } = await visit(t, 'Signing out');
  await signIn(page);
  await press(page, 'Steal the tokens');
  await press(page, 'Call customers as the thief', 'A copy works like the original');
  await press(page, 'Sign out');
  await says(page, /The thief noticed it after [\d.]+ s/);
  t.ok(await isTold(page));
  t.equal(await page.evaluate('document.activeElement.id'), 'username', 'the focus is on the form');
});

t.test('the page keeps no password, and shows no token', async (t) => {
  const { page } = await visit(t, 'Signing out');
  const answer = page.waitForResponse((response) => response.url().endsWith('/auth/login') && response.ok());
  await signIn(page);
  const { access_token, refresh_token } = await (await answer).json();
  await press(page, 'Steal the tokens');
  t.equal(await page.getByLabel('Password').inputValue(), '');
  const text = (await page.locator('body').textContent()) ?? '';
  for (const token of [access_token, refresh_token]) {
    t.notOk(text.includes(token.slice(-12)));
    t.ok(text.includes(`…${token.slice(-6)}`));
  }
});

t.test('the end of the page ends its session', async (t) => {
  const { page } = await visit(t, 'Signing out');
  const answer = page.waitForResponse((response) => response.url().endsWith('/auth/login') && response.ok());
  await signIn(page);
  const { access_token } = await (await answer).json();
  const headers = { authorization: `Bearer ${access_token}` };
  const status = async () => (await fetch(`${url}/auth/me`, { headers })).status;
  t.equal(await status(), 200);
  await page.goto(`${url}/status`);
  await waitFor(async () => (await status()) === 401);
});

t.test('an explanation opens beside the page, which goes on', async (t) => {
  const { page } = await visit(t, 'Signing out');
  await signIn(page);
  const opened = page.context().waitForEvent('page');
  await steps(page).first().getByRole('link').click();
  t.match((await opened).url(), /\/replay\/explained#/);
  t.ok(await page.locator('#owner-state.in').isVisible());
});

t.test('a hidden page sends nothing', async (t) => {
  const { page } = await visit(t, 'Signing out');
  await page.evaluate("Object.defineProperty(document, 'hidden', { get: () => globalThis.isHidden })");
  const turn = (isHidden: boolean) =>
    page.evaluate(`isHidden = ${isHidden}; document.dispatchEvent(new Event('visibilitychange'))`);
  let checks = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/auth/me')) checks += 1;
  });
  await signIn(page);
  await waitFor(async () => checks > 1);
  await turn(true);
  await page.waitForTimeout(700);
  const before = checks;
  await page.waitForTimeout(1_500);
  t.equal(checks, before);
  await turn(false);
  await waitFor(async () => checks > before);
});

t.test('each answer is announced, and a button without effect says why', async (t) => {
  const { page } = await visit(t, 'Signing out');
  const hears = (text: string) => page.getByRole('log').getByText(text).waitFor({ state: 'attached' });
  const pressInVain = async (id: string) => {
    await page.locator(id).focus();
    await page.keyboard.press('Enter');
  };
  await pressInVain('#steal');
  await hears('There is nothing to steal');
  await pressInVain('#thief-refresh');
  await hears('The thief has no tokens yet');
  await signIn(page);
  await hears('Owner: POST /auth/login: 200');
  await press(page, 'Steal the tokens');
  await hears('The thief copies both tokens');
});

t.test('the page works with the keyboard alone', async (t) => {
  const { page } = await visit(t, 'Signing out');
  const isSeen = () =>
    page.evaluate(
      "[document.activeElement, document.activeElement.closest('label')].some((one) => one && getComputedStyle(one).outlineStyle === 'solid')",
    );
  await page.getByLabel('Username').focus();
  await page.keyboard.type(admin.username);
  await page.keyboard.press('Tab');
  await page.keyboard.type(admin.password);
  await page.keyboard.press('Enter');
  await page.locator('#owner-state.in').waitFor();
  const order = ['owner-call', 'owner-refresh', 'sign-out', 'steal', 'thief-call', 'thief-refresh'];
  for (const id of order) {
    await waitFor(async () => (await page.evaluate('document.activeElement.id')) === id);
    t.ok(await isSeen(), id);
    if (id === 'steal') await page.keyboard.press('Enter');
    if (id === 'thief-call') await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
  }
  await says(page, 'A copy works like the original');
  await page.getByLabel('Signing out').focus();
  await page.keyboard.press('ArrowUp');
  t.ok(await page.getByLabel('A refresh token, at once').isChecked());
  t.ok(await isSeen());
});

t.test('axe finds no fault, nothing scrolls sideways, and nothing moves against the will', async (t) => {
  const { page } = await visit(t, 'A refresh token, at once', { reducedMotion: 'reduce' });
  await signIn(page);
  await press(page, 'Steal the tokens');
  await press(page, 'Refresh as the owner', 'has a successor');
  await press(page, 'Refresh as the thief', 'this looks like a second tab');
  const first = "getComputedStyle(document.querySelector('#time-line li'))";
  t.equal(await page.evaluate(`${first}.animationName`), 'none');
  await isAccessible(t, page);
  await press(page, 'Sign out');
  await says(page, /The thief noticed it/);
  await isAccessible(t, page);
});

t.test('the explanation is a page without a complaint', async (t) => {
  const { page, complaints } = await visit(t, 'Signing out');
  await page.goto(`${url}/replay/explained#the-replay-window`);
  t.ok(await page.locator('#the-replay-window').isVisible());
  await isAccessible(t, page);
  t.strictSame(complaints(), []);
});

async function isAccessible(t: Test, page: Page) {
  for (const width of [1_280, 640, 360, 320]) {
    await page.setViewportSize({ width, height: 800 });
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
    if (width !== 1_280 && width !== 360) continue;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      t.strictSame(await axeViolations(page), [], `${colorScheme}, ${width} px`);
    }
  }
}
