import ipaddr from 'ipaddr.js';

/**
 * What counts as one place: an IPv4 address, however it is written, or the /64 of an IPv6 address, for whoever has one
 * of those has all of them (RFC 6177).
 */
export function networkOf(address: string): string {
  // a connection that ended before anything asked for its address has none
  if (!ipaddr.isValid(address)) return 'unknown';
  const ip = ipaddr.process(address);
  if (ip instanceof ipaddr.IPv4) return ip.toString();
  return `${new ipaddr.IPv6([...ip.parts.slice(0, 4), 0, 0, 0, 0])}/64`;
}
