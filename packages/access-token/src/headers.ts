import type { FastifyRequest } from 'fastify';

/**
 * Counts the header lines of this name. Node keeps the first of several, or joins them, and a proxy in front may have checked
 * another one.
 *
 * @param name in lower case
 */
export function countOf(request: FastifyRequest, name: string): number {
  const { rawHeaders } = request.raw;
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const each = rawHeaders[i];
    if (each?.length === name.length && each.toLowerCase() === name) count += 1;
  }
  return count;
}
