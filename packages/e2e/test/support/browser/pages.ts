import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Teardown } from '@pair/test-kit';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** Opens a page in a browser context of its own, and collects its errors and violations of the policy. */
export async function newPage(
  t: Teardown,
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext(options);
  t.teardown(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused/.test(message.text())) complaints.push(message.text());
  });
  return { page, complaints };
}

/** The address of an authorization request, by default for a client whose page the test ignores. */
export function authorizeUrl(url: string, overrides: Record<string, string> = {}): string {
  const parameters = {
    response_type: 'code',
    client_id: 'swagger-ui',
    redirect_uri: `${url}/docs/auth/static/oauth2-redirect.html`,
    scope: 'customers:read',
    state: 's',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...overrides,
  };
  return `${url}/oauth/authorize?${new URLSearchParams(parameters)}`;
}

/** Starts a server of another origin; resolves with its URL. Browsers resolve names under `localhost` to loopback. */
export async function otherOrigin(t: Teardown, host: string, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((listening) => server.once('listening', listening));
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}
