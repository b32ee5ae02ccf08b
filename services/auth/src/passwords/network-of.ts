import ipaddr from 'ipaddr.js';

/**
 * Returns the network that shares one limit: an IPv4 address in any notation, or the /64 of an IPv6 address, because the
 * owner of one address in a /64 has all of them (RFC 6177).
 */
export function networkOf(address: string): string {
  // a connection that ended before the first reading of its address has none
  if (!ipaddr.isValid(address)) return 'unknown';
  const ip = ipaddr.process(address);
  if (ip instanceof ipaddr.IPv4) return ip.toString();
  return `${new ipaddr.IPv6([...ip.parts.slice(0, 4), 0, 0, 0, 0])}/64`;
}
