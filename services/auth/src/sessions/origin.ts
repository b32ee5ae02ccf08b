import type { FastifyRequest } from 'fastify';
import type { Origin } from './session-record.ts';

/** The address is the client's as far as TRUSTED_PROXIES tells it; the user agent is what it says of itself. */
export function originOf(request: FastifyRequest): Origin {
  return { address: request.ip, userAgent: request.headers['user-agent'] ?? '' };
}
