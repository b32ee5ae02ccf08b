import type { Kind } from './usage.ts';

export const COMPONENTS = ['nginx', 'auth', 'customers', 'Redis', 'PostgreSQL'] as const;
export type Component = (typeof COMPONENTS)[number];
export type Cost = Record<Component, number>;

/**
 * The CPU time of each component for a request, in microseconds, as `capacity/measure.js` printed it: 64 bytes of name,
 * 100,000 rows, PostgreSQL 18, Redis 7.0, Node 20, two cores. Every request passes nginx.
 */
export const COSTS: Record<Kind, Cost> = {
  'sign-in': { nginx: 333, auth: 16383, customers: 0, Redis: 742, PostgreSQL: 517 },
  refresh: { nginx: 41, auth: 241, customers: 0, Redis: 44, PostgreSQL: 0 },
  'sign-out': { nginx: 181, auth: 883, customers: 0, Redis: 355, PostgreSQL: 53 },
  'the 10 youngest': { nginx: 48, auth: 0, customers: 123, Redis: 0, PostgreSQL: 31 },
  'page of 20': { nginx: 41, auth: 0, customers: 111, Redis: 1, PostgreSQL: 20 },
  get: { nginx: 43, auth: 0, customers: 90, Redis: 1, PostgreSQL: 14 },
  create: { nginx: 55, auth: 0, customers: 220, Redis: 1, PostgreSQL: 73 },
  patch: { nginx: 107, auth: 0, customers: 348, Redis: 0, PostgreSQL: 340 },
};

/** Bytes that the stores keep, with indexes, by the same program. */
export const BYTES = { session: 590, customer: 320, event: 400 };
