import pg from 'pg';
import { Overload } from './overload.ts';

/** The parts of the system whose failure makes this process answer 503. */
export const UNAVAILABLE_PARTS = [
  'postgresql',
  'redis',
  'revocation_feed',
  'signing_keys',
  'overload',
  'other',
] as const;
export type UnavailablePart = (typeof UNAVAILABLE_PARTS)[number];

/** The error for a store, or for data of another service, that is away or does not answer. */
export class StoreUnavailable extends Error {
  readonly part: UnavailablePart;

  constructor(part: UnavailablePart, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
    this.part = part;
  }
}

/** SQLSTATE classes and codes of temporary failures: connection, credentials, database, resources, operator, time-outs. */
const TRANSIENT_SQLSTATE = /^(08...|28...|3D000|53...|57P0[1-5]|57014|55P03|25006|40001|40P01)$/;
const TRANSIENT_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/**
 * NOSCRIPT: ioredis sends the text of a script after it, but then believes that Redis has it, although a Redis that refuses
 * writes has refused the text too. So the next call gets NOSCRIPT twice.
 */
const TRANSIENT_REPLY =
  /^(LOADING|NOSCRIPT|MASTERDOWN|READONLY|OOM|MISCONF|NOREPLICAS|BUSY|CLUSTERDOWN|MOVED|TRYAGAIN|UNBLOCKED|NOAUTH|NOPERM|WRONGPASS|LATE)\b/;
/** Messages of errors to which pg and ioredis give no code. */
const PG_MESSAGE =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Cannot use a pool after calling end)/;
const IOREDIS_MESSAGE =
  /^(Command timed out|Connection is closed|Stream isn't writeable|Reached the max retries per request limit)/;

/** True for an error that says nothing about the request, only that PostgreSQL or Redis could not serve it now. */
export function isStoreUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof StoreUnavailable || error instanceof Overload) return true;
  if (error instanceof AggregateError) return error.errors.some(isStoreUnavailable);
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && (TRANSIENT_SYSTEM.has(code) || TRANSIENT_SQLSTATE.test(code))) return true;
  if (error.name === 'ReplyError') return TRANSIENT_REPLY.test(error.message);
  if (PG_MESSAGE.test(error.message) || IOREDIS_MESSAGE.test(error.message)) return true;
  return isStoreUnavailable(error.cause);
}

/** The part that an error for which `isStoreUnavailable` is true blames. */
export function unavailablePart(error: unknown): UnavailablePart {
  if (!(error instanceof Error)) return 'other';
  if (error instanceof Overload) return 'overload';
  if (error instanceof StoreUnavailable) return error.part;
  if (error instanceof AggregateError) return unavailablePart(error.errors[0]);
  if (error.name === 'ReplyError' || IOREDIS_MESSAGE.test(error.message)) return 'redis';
  if (error instanceof pg.DatabaseError || PG_MESSAGE.test(error.message)) return 'postgresql';
  return unavailablePart(error.cause);
}
