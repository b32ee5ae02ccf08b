import type { Kind } from './usage.ts';

export const COMPONENTS = ['nginx', 'auth', 'customers', 'Redis', 'PostgreSQL'] as const;
export type Component = (typeof COMPONENTS)[number];
export type Cost = Record<Component, number>;

/**
 * The CPU time of each component for a request, in microseconds, as `capacity/measure.js` printed it: 64 bytes of name,
 * 100,000 rows, PostgreSQL 18, Redis 7.0, Node 20, two cores. Every request passes nginx.
 * A service that a request does not reach has 0: it printed the service's own rest, up to 400 µs beside the rare sign-ins.
 */
export const COSTS: Record<Kind, Cost> = {
  'sign-in': { nginx: 458, auth: 16700, customers: 0, Redis: 692, PostgreSQL: 708 },
  refresh: { nginx: 47, auth: 284, customers: 0, Redis: 47, PostgreSQL: 1 },
  'sign-out': { nginx: 194, auth: 836, customers: 0, Redis: 291, PostgreSQL: 88 },
  'the 10 youngest': { nginx: 48, auth: 0, customers: 116, Redis: 0, PostgreSQL: 31 },
  'page of 20': { nginx: 43, auth: 0, customers: 115, Redis: 0, PostgreSQL: 30 },
  get: { nginx: 43, auth: 0, customers: 114, Redis: 0, PostgreSQL: 33 },
  create: { nginx: 79, auth: 0, customers: 277, Redis: 0, PostgreSQL: 155 },
  patch: { nginx: 100, auth: 0, customers: 338, Redis: 0, PostgreSQL: 257 },
};

/** Bytes that the stores keep, with indexes, by the same program. */
export const BYTES = { session: 600, customer: 325, event: 400 };
