import { waitFor } from '@pair/test-kit';
import type { Locator, Page } from 'playwright-core';
import type { Credentials } from '../system.ts';

/** Fills in the form on the page of auth. */
export async function fillIn(page: Page, { username, password }: Credentials): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(password);
}

/** Signs in on the page of auth. */
export async function signIn(page: Page, { username, password }: Credentials): Promise<void> {
  await fillIn(page, { username, password });
  const answer = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.getByRole('button', { name: 'Sign in' }).click();
  // a busy machine may answer 503, with the form again
  if ((await answer).status() === 503) await signIn(page, { username, password });
}

/** Opens the dialog of Swagger UI. */
export async function openAuthorize(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const dialog = page.locator('.dialog-ux');
  await dialog.waitFor();
  return dialog;
}

/** Goes through the dialog of Swagger UI; resolves with the window of the sign-in page. */
export async function pressAuthorize(page: Page): Promise<Page> {
  const dialog = await openAuthorize(page);
  const popup = page.waitForEvent('popup');
  await dialog.locator('button.authorize').first().click();
  const window = await popup;
  await window.waitForLoadState();
  return window;
}

/** Executes an operation in Swagger UI; resolves with the status that it shows. */
export async function tryOut(
  page: Page,
  operationId: string,
  fill: (operation: Locator) => Promise<void> = async () => {},
): Promise<{ status: string; operation: Locator }> {
  const operation = page.locator(`[id$="-${operationId}"]`);
  const execute = operation.locator('button.execute');
  // some time after a reload Swagger UI opens the operation in the address: this click may just have closed it
  await waitFor(async () => {
    if (await execute.isVisible()) return true;
    await operation.locator('.opblock-summary-control').click();
    return execute.waitFor({ timeout: 1_000 }).then(() => true);
  });
  await fill(operation);
  await execute.click();
  const status = operation.locator('.live-responses-table .response-col_status').last();
  await status.waitFor();
  await operation.locator('.loading').waitFor({ state: 'detached' });
  return { status: ((await status.textContent()) ?? '').trim().slice(0, 3), operation };
}
