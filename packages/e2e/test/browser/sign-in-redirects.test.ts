import { testBrowser } from '@pair/test-kit';
import t from 'tap';
import { authorizeUrl, newPage, otherOrigin } from '../support/browser/pages.ts';
import { signIn } from '../support/browser/swagger.ts';
import { addClient, sharedSystem } from '../support/system.ts';

const [system, browser] = await Promise.all([sharedSystem(t), testBrowser(t)]);

/** Starts another origin, which redirects each path to an address with the query of the request. */
const redirector = (host: string, destinations: Record<string, { status: number; to: string }>) =>
  otherOrigin(t, host, (request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'http://any');
    const { status, to } = destinations[pathname] ?? { status: 404, to: '' };
    response.writeHead(status, { location: to + search }).end();
  });

const APP_SCHEME = 'com.example.app:/done';
const application = await otherOrigin(t, 'app.localhost', (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain' }).end('the application');
});
const broker = await redirector('broker.localhost', { '/next': { status: 307, to: `${application}/end` } });
const portal = await redirector('127.0.0.1', { '/next': { status: 303, to: `${broker}/next` } });
const api = await redirector('localhost', {
  '/one': { status: 302, to: `${application}/end` },
  '/several': { status: 302, to: `${portal}/next` },
  '/native': { status: 302, to: APP_SCHEME },
});

const redirectUris = [`${api}/one`, `${api}/several`, `${api}/native`, APP_SCHEME];
await addClient(
  t,
  system,
  'leads-on',
  ...['--public', '--grant', 'authorization_code', '--scope', 'customers:read'],
  ...redirectUris.flatMap((uri) => ['--redirect-uri', uri]),
);
const request = (redirect_uri: string) => authorizeUrl(system.url, { client_id: 'leads-on', redirect_uri });

for (const path of ['one', 'several']) {
  t.test(`the callback of a client may redirect to other origins: to ${path}`, async (t) => {
    const { page, complaints } = await newPage(t, browser);
    await page.goto(request(`${api}/${path}`));
    await signIn(page, system.admin);
    await page.waitForURL(`${application}/end?code=ac_*`);
    t.same(complaints, []);
  });

  t.test(`an error in the form, and Cancel, lead there too: to ${path}`, async (t) => {
    const { page, complaints } = await newPage(t, browser);
    await page.goto(request(`${api}/${path}`));
    await page.evaluate(`document.querySelector('[name=scope]').value = 'everything'`);
    await signIn(page, system.admin);
    await page.waitForURL(`${application}/end?error=invalid_scope*`);
    await page.goto(request(`${api}/${path}`));
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.waitForURL(`${application}/end?error=access_denied*`);
    t.same(complaints, []);
  });
}

t.test('signing in leads to an application on the device, at once and by its callback', async (t) => {
  for (const redirectUri of [APP_SCHEME, `${api}/native`]) {
    const { page, complaints } = await newPage(t, browser);
    await page.goto(request(redirectUri));
    const handedOver = page.waitForEvent('requestfailed');
    await signIn(page, system.admin);
    const failed = await handedOver;
    t.ok(failed.url().startsWith(`${APP_SCHEME}?code=ac_`), failed.url());
    // no application handles it here; if a policy had blocked it, the error would be net::ERR_BLOCKED_BY_CSP
    t.equal(failed.failure()?.errorText, 'net::ERR_ABORTED', redirectUri);
    t.same(complaints, []);
  }
});
