import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `203.0.113.7:51234`, `[2001:db8::1]` and `[2001:db8::1]:443`, as some gateways write an address. */
const DECORATED = /^(?:(?<v4>[\d.]+):\d{1,5}|\[(?<v6>[^\]]+)\](?::\d{1,5})?)$/;

/**
 * Makes the addresses of a request canonical, before the first reading of `request.ip`. Limits count by that address, audit,
 * sessions and logs keep it, and TRUSTED_PROXIES is compared with it. Fastify decides later which addresses to trust.
 */
export function makeAddressesCanonical({ headers, socket }: IncomingMessage): void {
  const { remoteAddress } = socket;
  const peer = canonicalAddress(remoteAddress);
  if (peer !== remoteAddress) Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const forwarded = headers['x-forwarded-for'];
  if (typeof forwarded === 'string') headers['x-forwarded-for'] = canonicalList(forwarded);
}

/**
 * Each proxy appends the address of its client. A proxy that appends `unknown` counts as the client itself, because an
 * attacker may have written all entries before it.
 */
function canonicalList(forwarded: string): string {
  if (isIPv4(forwarded)) return forwarded; // the usual case
  const addresses = forwarded.split(',').map((entry) => canonicalAddress(entry.trim()));
  return addresses.slice(addresses.lastIndexOf(undefined) + 1).join(', ');
}

/** Drops the port and the zone, which has a meaning on one machine only. Writes IPv6 in the form of RFC 5952. */
function canonicalAddress(text = ''): string | undefined {
  if (isIPv4(text)) return text;
  const { v4 = '', v6 = text } = DECORATED.exec(text)?.groups ?? {};
  if (isIPv4(v4)) return v4;
  const [address = ''] = v6.split('%', 1);
  // IPv4 in IPv6 becomes IPv4
  return isIPv6(address) ? ipaddr.process(address).toString() : undefined;
}
