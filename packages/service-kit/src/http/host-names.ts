import type { IncomingMessage } from 'node:http';
import { Problem } from '../problems/problem.ts';

/** `name`, `name:port`, `[IPv6]` or `[IPv6]:port`, with or without the dot that ends a complete name. */
const AUTHORITY = /^(?<name>\[[^\]@]*\]|[^:@[\]]*?)\.?(?::\d*)?$/;
/** RFC 9112 §3.2.2 */
const ABSOLUTE_TARGET = /^https?:\/\/(?<authority>[^/?#]*)/i;

/**
 * Refuses requests for any other host name (RFC 9110 §7.4). The owner of a page can let its host name point to this machine
 * (DNS rebinding). The page could then read every public answer as if it came from its own server. The port does not matter:
 * a tunnel changes it, and a page cannot choose the server that listens on it.
 */
export function misdirectedUnless(hostNames: string[]): (request: IncomingMessage) => Problem | undefined {
  const known = new Set(hostNames.map((name) => name.toLowerCase()));
  const isKnown = (authority: string) =>
    known.has(AUTHORITY.exec(authority)?.groups?.name?.toLowerCase() ?? '');
  return ({ headers: { host }, url = '' }) => {
    const target = ABSOLUTE_TARGET.exec(url)?.groups?.authority;
    // an HTTP/1.0 request may have neither; a browser always sends one
    const names = [host, target].filter((name) => name !== undefined);
    return names.every(isKnown) ? undefined : misdirectedRequest(hostNames);
  };
}

function misdirectedRequest(hostNames: string[]): Problem {
  return new Problem(
    421,
    'misdirected_request',
    `This process answers to ${hostNames.join(', ')} only. To reach it by another name, start it with ISSUER set to the URL with that name.`,
  );
}
