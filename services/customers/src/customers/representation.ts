import { Problem } from '@pair/service-kit';
import type { FastifyReply } from 'fastify';
import { entityTag } from './entity-tag.ts';
import type { Customer } from './repository.ts';

/** Personal data: kept by the client alone, and shown again only after asking with If-None-Match. */
export const CACHE_CONTROL = 'private, no-cache';

/** The row's version goes into the header; the response schema leaves it out of the body. */
export function sendCustomer(reply: FastifyReply, customer: Customer): FastifyReply {
  return reply
    .header('etag', entityTag(customer.version))
    .header('cache-control', CACHE_CONTROL)
    .send(customer);
}

export function customerNotFound(): Problem {
  return new Problem(404, 'customer_not_found', 'There is no customer with this id.');
}
