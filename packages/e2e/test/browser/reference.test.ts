import { axeViolations, testBrowser } from '@pair/test-kit';
import t from 'tap';
import { newPage } from '../support/browser/pages.ts';
import { openAuthorize, tryOut } from '../support/browser/swagger.ts';
import { sharedSystem } from '../support/system.ts';

const [system, browser] = await Promise.all([sharedSystem(t), testBrowser(t)]);

for (const service of ['auth', 'customers']) {
  t.test(`axe finds no fault in the reference of ${service}, light and dark`, async (t) => {
    const { page, complaints } = await newPage(t, browser);
    const check = async (name: string) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.evaluate(
          `document.documentElement.classList.toggle('dark-mode', ${colorScheme === 'dark'})`,
        );
        // a colour in a transition may have less contrast
        await page.evaluate('Promise.allSettled(document.getAnimations().map(({ finished }) => finished))');
        t.strictSame(await axeViolations(page), [], `${name}, ${colorScheme}`);
      }
    };
    await page.goto(`${system.url}/docs/${service}`);
    const { operation } = await tryOut(page, service === 'auth' ? 'login' : 'listCustomers');
    for (const summary of await operation.locator('summary').all()) await summary.click();
    await check('an operation with all its errors');
    await openAuthorize(page);
    await check('the dialog');
    t.strictSame(complaints, []);
  });
}

t.test('the references have a title, and link to each other and to the front page', async (t) => {
  const { page } = await newPage(t, browser, { colorScheme: 'dark' });
  await page.goto(`${system.url}/docs/customers`);
  t.equal(await page.title(), 'Customers API reference');
  t.equal(await page.locator('html.dark-mode').count(), 1, 'dark, as the system is');
  const references = page.getByRole('navigation', { name: 'API references' });
  t.equal(await references.locator('[aria-current=page]').textContent(), 'Customers');
  await references.getByRole('link', { name: 'Auth' }).click();
  await page.waitForURL(`${system.url}/docs/auth`);
  t.equal(await page.title(), 'Auth API reference');
  t.equal(await page.getByRole('button', { name: 'Explore' }).count(), 0, 'no field for another document');
  const mark = await fetch(`${system.url}/docs/auth/static/theme/mark.svg`);
  t.equal(await mark.text(), await (await fetch(`${system.url}/favicon.svg`)).text());
  await page.getByRole('link', { name: 'Customers and auth' }).click();
  await page.waitForURL(`${system.url}/`);
});

t.test(
  'the errors of an operation are folded, and no parameter that excludes others is filled in',
  async (t) => {
    const { page } = await newPage(t, browser);
    await page.goto(`${system.url}/docs/customers`);
    const { operation } = await tryOut(page, 'listCustomers');
    t.equal(await operation.locator('tr[data-code="200"]').count(), 1);
    t.equal(await operation.locator('tr[data-code="401"]').count(), 0);
    await operation.getByText('The token or other credential is missing or not valid').click();
    await operation.locator('tr[data-code="401"]').waitFor();
    t.equal(await operation.locator('tr[data-param-name="n"] input').inputValue(), '');
  },
);

t.test('the Authorize dialog opens at its top, says what to do, and closes with Escape', async (t) => {
  const { page } = await newPage(t, browser, { viewport: { width: 1_000, height: 500 } });
  await page.goto(`${system.url}/docs/customers`);
  const dialog = await openAuthorize(page);
  const { y } = (await dialog.getByText('Press the first Authorize button.').boundingBox()) ?? { y: -1 };
  t.ok(y > 0 && y < 500, 'the instruction is in the window');
  t.equal(await dialog.evaluate((element) => element.scrollTop), 0);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});
