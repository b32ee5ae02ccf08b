import { Problem } from '@pair/service-kit';
import { oauthErrorBody } from '../oauth-error.ts';

interface Destination {
  redirectUri: string;
  state: string | undefined;
  issuer: string;
}

/**
 * Returns the URL that the browser goes to (RFC 6749 §4.1.2, §4.1.2.1): with a code or an error, the state as it came, and
 * `iss` (RFC 9207), so that a client of several issuers knows which of them answers.
 */
export function authorizationResponse(
  { redirectUri, state, issuer }: Destination,
  answer: { code: string } | Problem,
): string {
  const url = new URL(redirectUri);
  const parameters = answer instanceof Problem ? { ...oauthErrorBody(answer) } : answer;
  for (const [name, value] of Object.entries(parameters)) url.searchParams.append(name, value);
  if (state !== undefined) url.searchParams.append('state', state);
  url.searchParams.append('iss', issuer);
  return url.href;
}
