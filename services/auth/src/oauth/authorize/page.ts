import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { html } from 'ghtml';
import type { Product } from './product.ts';

const STYLE = `
:root { color-scheme: light dark; --page: #fbfaf8; --card: #fff; --text: #1d2129; --quiet: #565d6b; --line: #8a8f99;
  --accent: #0b5c8f; --on-accent: #fff; --error: #a4161a; --error-page: #fdecea; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171c; --card: #1c2027; --text: #e8e9ec; --quiet: #a4abb8; --line: #6b7484;
    --accent: #7cc4f2; --on-accent: #10202c; --error: #ffb3ae; --error-page: #3b1d1f; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: start center; padding: clamp(1rem, 10vh, 6rem) 1rem 2rem;
  background: var(--page); color: var(--text); font: 1.0625rem/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 24rem; padding: 1.75rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; overflow-wrap: anywhere; }
h1 { margin: 0 0 .25rem; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.015em; }
p { margin: .5rem 0 1rem; }
.product { display: flex; gap: .6rem; align-items: center; margin: 0 0 1rem; font-weight: 600; }
.product img { max-width: 100%; max-height: 3rem; }
.quiet { color: var(--quiet); }
ul { margin: 0 0 1.25rem; padding-left: 1.2rem; }
label { display: block; margin: 1rem 0 .3rem; font-weight: 600; }
input { width: 100%; min-height: 2.75rem; padding: .5rem .7rem; font: inherit; color: inherit; background: var(--page);
  border: 1px solid var(--line); border-radius: 8px; }
button { width: 100%; min-height: 2.75rem; margin-top: 1.5rem; font: inherit; font-weight: 600; color: var(--on-accent);
  background: var(--accent); border: 0; border-radius: 8px; cursor: pointer; }
a { color: var(--accent); }
.cancel { margin: 1rem 0 0; text-align: center; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[role=alert] { margin: 1rem 0; padding: .7rem .9rem; color: var(--error); background: var(--error-page);
  border-left: 4px solid; border-radius: 4px; }
@media (max-width: 22rem) { main { padding: 1.25rem 1rem; } }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Returns a whole page of auth. `content` is HTML. */
export function page(product: Product, title: string, content: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${product.name === undefined ? title : `${title} – ${product.name}`}</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<style>!${STYLE}</style>
</head>
<body>
<main>
!${heading(product)}
!${content}
</main>
</body>
</html>
`;
}

function heading({ name, logo }: Product): string {
  if (name === undefined && logo === undefined) return '';
  const image = logo === undefined ? '' : html`<img src="${logo}" alt="">`;
  return html`<p class="product">!${image}${name}</p>`;
}

/**
 * Sends a page with a form whose answer redirects to a client. Its policy has no `form-action`: browsers apply it to
 * each redirect that follows, also to redirects of the client that auth does not know, and silently stay on the page.
 */
export function sendFormPage(reply: FastifyReply, statusCode: number, body: string): FastifyReply {
  return sendPage(reply, statusCode, body, '');
}

/** Sends a page without a form. */
export function sendErrorPage(reply: FastifyReply, statusCode: number, body: string): FastifyReply {
  return sendPage(reply, statusCode, body, "form-action 'none'; ");
}

/** The policy forbids every script, and every frame around the page. The logo of the product is a `data:` URL. */
function sendPage(reply: FastifyReply, statusCode: number, body: string, formAction: string): FastifyReply {
  const policy = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src 'self' data:; ${formAction}base-uri 'none'; frame-ancestors 'none'`;
  return reply
    .code(statusCode)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
    })
    .send(body);
}

/** Returns a page for the user about an error. */
export function errorPage(product: Product, { statusCode, code, detail, requestId }: PageError): string {
  return page(
    product,
    'Sign-in failed',
    html`<h1>Sign-in failed</h1>
<p role="alert">${detail}</p>
<p>You are not signed in. ${adviceFor(statusCode, code)}</p>
<p class="quiet">Request ${requestId}</p>`,
  );
}

interface PageError {
  statusCode: number;
  code: string;
  detail: string;
  requestId: string;
}

/** The faults of the link to this page, which stay when the user tries again. */
const FAULTS_OF_THE_APPLICATION = ['invalid_client', 'invalid_redirect_uri', 'invalid_request'];

function adviceFor(statusCode: number, code: string): string {
  if (FAULTS_OF_THE_APPLICATION.includes(code)) {
    return 'The application has to correct this: report it to the people who run the application, with the number of the request.';
  }
  if (statusCode >= 500) {
    return 'Go back, and try again in a few seconds. If that fails too, report it to your administrator, with the number of the request.';
  }
  return 'Go back to the application that you came from, and try again from there.';
}
