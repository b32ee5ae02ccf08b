import { Problem } from '@pair/service-kit';

/** The recipients of access tokens. `audience` need not be a URL. */
export interface Recipients {
  issuer: string;
  audience: string;
}

/** The length of the longest redirect URI. */
export const MAX_RESOURCE_LENGTH = 2_048;
/** For the document: more occurrences of `resource` fit neither into a form, of 16 KiB, nor into a query. */
export const MAX_RESOURCES = 2_000;
/** RFC 3986 §2, without a fragment (RFC 8707 §2). `URL` alone would also read `http:host`, and skip spaces. */
const HTTP_URL = /^https?:\/\/[\w.~:/?[\]@!$&'()*+,;=%-]+$/i;

/**
 * Accepts the issuer, the audience, and every URL below them as a resource (RFC 8707 §2). All access tokens have one
 * audience, so a resource changes nothing in them.
 *
 * @throws {Problem} 400 `invalid_target`
 */
export function requireKnownResources(resources: readonly string[], { issuer, audience }: Recipients): void {
  const isKnown = (resource: string) =>
    resource.length <= MAX_RESOURCE_LENGTH && (isWithin(resource, issuer) || isWithin(resource, audience));
  if (!resources.every(isKnown)) throw invalidTarget();
}

function isWithin(resource: string, recipient: string): boolean {
  if (resource === recipient) return true;
  const [url, root] = [httpUrl(resource), httpUrl(recipient)];
  if (url === undefined || url.username !== '' || url.password !== '' || url.origin !== root?.origin)
    return false;
  return `${url.pathname}/`.startsWith(root.pathname.replace(/\/?$/, '/'));
}

function httpUrl(text: string): URL | undefined {
  return HTTP_URL.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

export function invalidTarget(): Problem {
  return new Problem(
    400,
    'invalid_target',
    'resource must be the issuer, the audience of the tokens, or a URL below one of them, without a fragment.',
  );
}
