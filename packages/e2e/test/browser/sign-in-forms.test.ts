import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request as send } from 'node:http';
import { testBrowser, waitFor } from '@pair/test-kit';
import type { BrowserContext, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { authorizeUrl, newPage, otherOrigin } from '../support/browser/pages.ts';
import { fillIn } from '../support/browser/swagger.ts';
import { addClient, sharedSystem } from '../support/system.ts';

const [system, browser] = await Promise.all([sharedSystem(t), testBrowser(t)]);
const { admin } = system;

/** A proxy in front of the system that records the answer to each form. */
interface FormProxy {
  url: string;
  /** The status of the answer to each form, in the order of the forms; undefined until it arrives. */
  answers: (number | undefined)[];
}

interface FormProxyOptions {
  /** Acts as a browser from before 2023, which sends no Sec-Fetch-Site. */
  isOldBrowser?: boolean;
  /** The proxy holds back the answer to the form of that index until this promise resolves. */
  mayAnswer?: (form: number, proxy: FormProxy) => Promise<unknown>;
}

async function startFormProxy(
  t: Test,
  { isOldBrowser = false, mayAnswer }: FormProxyOptions = {},
): Promise<FormProxy> {
  const answers: FormProxy['answers'] = [];
  const url = await otherOrigin(t, '127.0.0.1', async (request, response) => {
    response.on('error', () => {}); // the browser has given up
    if (isOldBrowser) delete request.headers['sec-fetch-site'];
    const form = request.method === 'POST' ? answers.push(undefined) - 1 : undefined;
    const { method, headers } = request;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request.pipe(send(system.url + request.url, { method, headers }, resolve).on('error', reject));
    });
    if (form !== undefined) {
      answers[form] = answer.statusCode;
      await mayAnswer?.(form, proxy);
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  const proxy = { url, answers };
  return proxy;
}

/** The number of requests for a callback. At `/late` the first one gets no answer. */
let callbacks = 0;
const application = await otherOrigin(t, 'localhost', (request, response) => {
  if (request.url?.includes('?code=')) callbacks += 1;
  if (request.url?.startsWith('/late') && callbacks === 1) return;
  response.writeHead(200, { 'content-type': 'text/plain' }).end('the application');
});
const otherSite = await otherOrigin(t, 'other.localhost', (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<title>another site</title>');
});
await addClient(
  t,
  system,
  'pressed',
  ...['--public', '--grant', 'authorization_code', '--scope', 'customers:read'],
  ...['--redirect-uri', `${application}/done`, '--redirect-uri', `${application}/late`],
);
const VERIFIER = randomBytes(32).toString('base64url');
const authorization = (url: string, path = '/done') =>
  authorizeUrl(url, {
    client_id: 'pressed',
    redirect_uri: application + path,
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  });

/** Fills in the form. Returns a function that presses the button, even while the browser is about to leave the page. */
async function ready(page: Page, credentials = admin): Promise<() => Promise<void>> {
  await fillIn(page, credentials);
  const box = await page.getByRole('button', { name: 'Sign in' }).boundingBox();
  if (box === null) throw new Error('the button cannot be seen');
  return () => page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
}

/** Checks that the browser is at the application, with a code that yields tokens. */
async function isSignedIn(t: Test, page: Page, path = '/done') {
  await waitFor(async () => page.url().startsWith(`${application}${path}?code=ac_`));
  const code = new URL(page.url()).searchParams.get('code') ?? '';
  const answer = await fetch(`${system.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'pressed',
      code,
      redirect_uri: application + path,
      code_verifier: VERIFIER,
    }),
  });
  t.equal(answer.status, 200, 'the code is good');
}

t.beforeEach(() => {
  callbacks = 0;
});

t.test('a double click on Sign in signs in', async (t) => {
  const { page } = await newPage(t, browser);
  await page.goto(authorization(system.url));
  await fillIn(page, admin);
  await page.getByRole('button', { name: 'Sign in' }).dblclick();
  await isSignedIn(t, page);
  t.equal(callbacks, 1);
});

t.test('a second press of Sign in, while the answer to the first is late, signs in', async (t) => {
  const proxy = await startFormProxy(t, {
    mayAnswer: async (form, { answers }) => form > 0 || waitFor(async () => answers[1] !== undefined),
  });
  const { page } = await newPage(t, browser);
  await page.goto(authorization(proxy.url));
  const press = await ready(page);
  await press();
  await waitFor(async () => proxy.answers[0] === 303);
  await press();
  await isSignedIn(t, page);
  t.same(proxy.answers, [303, 303]);
  t.equal(callbacks, 1, 'the browser follows one redirect');
});

t.test('a second press of Sign in, while the client is late, signs in', async (t) => {
  const proxy = await startFormProxy(t);
  const { page } = await newPage(t, browser);
  await page.goto(authorization(proxy.url, '/late'));
  const press = await ready(page);
  await press();
  await waitFor(async () => callbacks === 1);
  await press();
  await isSignedIn(t, page, '/late');
  t.same(proxy.answers, [303, 303]);
});

t.test('after Back the form works again, also after a wrong password', async (t) => {
  const { page } = await newPage(t, browser);
  await page.goto(authorization(system.url));
  for (const password of ['wrong', admin.password, admin.password]) {
    const press = await ready(page, { ...admin, password });
    await press();
    if (password === 'wrong') await page.getByText('The username or the password is wrong.').waitFor();
    else await isSignedIn(t, page);
    await page.waitForLoadState(); // there is no way back from a page that is not active yet
    await page.goBack();
    t.equal(await page.getByRole('alert').count(), 0);
  }
});

/** Opens the page of auth in a new tab, from a page of another site, as a link does. */
async function followLink(context: BrowserContext, url: string): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(otherSite);
  await tab.evaluate(`location.href = ${JSON.stringify(url)}`);
  await tab.getByLabel('Username').waitFor();
  return tab;
}

for (const isOldBrowser of [false, true]) {
  const which = isOldBrowser ? 'a browser without Fetch Metadata' : 'a browser';

  t.test(`two tabs that came from another site both sign in, in ${which}`, async (t) => {
    const proxy = await startFormProxy(t, { isOldBrowser });
    const { page } = await newPage(t, browser);
    const tabs = [
      await followLink(page.context(), authorization(proxy.url)),
      await followLink(page.context(), authorization(proxy.url)),
    ];
    for (const tab of tabs) {
      const press = await ready(tab);
      await press();
      await isSignedIn(t, tab);
    }
    t.same(proxy.answers, [303, 303]);
  });

  t.test(`no page of another origin or site signs ${which} in as another user`, async (t) => {
    const proxy = await startFormProxy(t, { isOldBrowser });
    const { page: attacker } = await newPage(t, browser);
    await attacker.goto(authorization(proxy.url));
    await fillIn(attacker, admin);
    const form = await attacker.locator('form').evaluate((form) => form.outerHTML);
    const { page } = await newPage(t, browser);
    const victims = await followLink(page.context(), authorization(proxy.url));
    const sameSite = await otherOrigin(t, '127.0.0.1', (_request, response) => response.end());
    for (const origin of [sameSite, otherSite]) {
      const tab = await page.context().newPage();
      await tab.goto(origin);
      await tab.setContent(form.replace('action="', `action="${proxy.url}`));
      const press = await ready(tab);
      await press();
      await tab.getByText('Sign in again.').waitFor();
    }
    t.same(proxy.answers, [400, 400]);
    t.equal(callbacks, 0);
    const press = await ready(victims);
    await press();
    await waitFor(async () => proxy.answers.length === 3);
    // without Fetch Metadata the answers to the other pages replaced the cookie of this form, so auth asks once more
    if (!isOldBrowser) await isSignedIn(t, victims);
  });
}

t.test('two tabs that are opened at the same time both sign in', async (t) => {
  const { page } = await newPage(t, browser);
  const tabs = [page, await page.context().newPage()];
  await Promise.all(tabs.map((tab) => tab.goto(authorization(system.url))));
  for (const tab of tabs) {
    const press = await ready(tab);
    await press();
    await isSignedIn(t, tab);
  }
});
