import { SCOPE_DESCRIPTIONS, type Scope } from '@pair/access-token';
import { Problem } from '@pair/service-kit';
import { html } from 'ghtml';
import { MAX_USERNAME_LENGTH } from '../../usernames.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { authorizationResponse } from './authorization-response.ts';
import { page } from './page.ts';
import type { Product } from './product.ts';

interface SignInForm {
  product: Product;
  request: AuthorizationRequest;
  issuer: string;
  csrfToken: string;
  /** The name that the user typed before. */
  username: string;
  /** The reason why the user sees the form again. */
  alert: string | undefined;
}

export function signInPage({ product, request, issuer, csrfToken, username, alert }: SignInForm): string {
  const { client, scope, redirectUri, parameters } = request;
  const cancel = authorizationResponse({ ...request, issuer }, accessDenied());
  const hidden = Object.entries({ ...parameters, csrf_token: csrfToken });
  return page(
    product,
    'Sign in',
    html`<h1>Sign in</h1>
<p class="quiet">to continue to <b>${client.name ?? client.id}</b> at ${destination(redirectUri)}</p>
!${alert === undefined ? '' : html`<p role="alert" id="alert">${alert}</p>`}
!${scope === '' ? '' : html`<p>If your account allows it, this application will be able to:</p><ul>!${rights(scope)}</ul>`}
<form method="post" action="/oauth/authorize">
!${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`).join('\n')}
<label for="username">Username</label>
<input id="username" name="username" value="${username}" required maxlength="${MAX_USERNAME_LENGTH}" autocomplete="username"
  autocapitalize="none" spellcheck="false" !${username === '' ? 'autofocus' : ''}>
<label for="password">Password</label>
<input id="password" name="password" type="password" required maxlength="512" autocomplete="current-password"
  !${username === '' ? '' : 'autofocus'} !${alert === undefined ? '' : 'aria-describedby="alert"'}>
<button>Sign in</button>
</form>
<p class="quiet">Ask your administrator if you forgot your password.</p>
<p class="cancel"><a href="${cancel}">Cancel</a></p>`,
  );
}

function accessDenied(): Problem {
  return new Problem(403, 'access_denied', 'The user did not sign in.');
}

function rights(scope: string): string {
  const names = scope.split(' ') as Scope[];
  return names.map((name) => html`<li>${SCOPE_DESCRIPTIONS[name]}</li>`).join('');
}

/** Returns the destination after the sign-in: a host, or the scheme of an application on the device. */
function destination(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri);
  return /^https?:$/.test(protocol) ? host : protocol.slice(0, -1);
}
