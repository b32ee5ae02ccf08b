import { Problem } from '@pair/service-kit';
import type { FastifyReply } from 'fastify';
import { entityTag } from './entity-tag.ts';
import type { Customer } from './repository.ts';

/** Customers are personal data: only the client may store them, and it must revalidate with If-None-Match before each use. */
export const CACHE_CONTROL = 'private, no-cache';

/** Sends the version of the row in the ETag. The response schema keeps it out of the body. */
export function sendCustomer(reply: FastifyReply, customer: Customer): FastifyReply {
  return reply
    .header('etag', entityTag(customer.version))
    .header('cache-control', CACHE_CONTROL)
    .send(customer);
}

export function customerNotFound(): Problem {
  return new Problem(404, 'customer_not_found', 'There is no customer with this id.');
}
