import { testBrowser } from '@pair/test-kit';
import t from 'tap';
import { pressAuthorize, signIn, tryOut } from '../support/browser/swagger.ts';
import { sharedSystem } from '../support/system.ts';

const [system, browser] = await Promise.all([sharedSystem(t), testBrowser(t)]);

type Operations = Record<string, { operationId: string; responses: Record<string, object> }>;

/** The operations that end the session. */
const LAST = ['logoutAll', 'logout'];

/** The required status of some operations. Without the credentials of a client, some can only be refused. */
const EXPECTED: Record<string, string> = {
  authorize: '200',
  exchangeForTokens: '400',
  revokeToken: '200',
  introspectToken: '401',
  createCustomer: '201',
  listCustomers: '200',
  importCustomers: '200',
  exportCustomers: '200',
};

t.test('every operation can be executed in Swagger UI with its own examples', async (t) => {
  const page = await browser.newPage();
  t.teardown(() => page.close());
  page.setDefaultTimeout(10_000);
  await page.goto(`${system.url}/docs/auth`);
  await signIn(await pressAuthorize(page), system.admin);
  const dialog = page.locator('.dialog-ux');
  await dialog.getByRole('heading', { name: 'Authorized' }).waitFor();
  await dialog.locator('.btn-done').first().click();

  for (const service of ['customers', 'auth']) {
    await page.goto(`${system.url}/docs/${service}`);
    const document = await fetch(`${system.url}/docs/${service}/json`);
    const { paths } = (await document.json()) as { paths: Record<string, Operations> };
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    operations.sort((a, b) => LAST.indexOf(a.operationId) - LAST.indexOf(b.operationId));
    for (const { operationId, responses } of operations) {
      let { status, operation } = await tryOut(page, operationId);
      for (let i = 0; status === '503' && i < 20; i++) {
        // a busy machine may answer 503
        await operation.locator('.btn-clear').click();
        ({ status, operation } = await tryOut(page, operationId));
      }
      t.ok(status in responses, `${operationId}: ${status} is documented`);
      t.ok(Number(status) < 500, `${operationId}: ${status}`);
      if (operationId in EXPECTED) t.equal(status, EXPECTED[operationId], operationId);
      // close it again: with all operations open, the page becomes slow
      await operation.locator('.opblock-summary-control').click();
    }
  }
});
