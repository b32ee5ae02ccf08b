import type { FastifyRequest } from 'fastify';
import type { Origin } from './session-record.ts';

/** Returns the address of the client, which TRUSTED_PROXIES decides, and the user agent that it claims to be. */
export function originOf(request: FastifyRequest): Origin {
  return { address: request.ip, userAgent: request.headers['user-agent'] ?? '' };
}
