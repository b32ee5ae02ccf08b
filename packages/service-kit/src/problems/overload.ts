import type { FastifyBaseLogger } from 'fastify';

/**
 * The error for a request that arrives when there is too much work. The client gets 503, although no store is away. The log
 * has one line for the whole overload, from `overloadLog`, and no line for each request.
 */
export class Overload extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Overload';
  }
}

/** True for an `Overload`, and for an error that an `Overload` has caused. */
export function isOverload(error: unknown): boolean {
  return error instanceof Overload || (error instanceof Error && isOverload(error.cause));
}

/** Logs when an overload begins and when it is over, with the number of requests that were refused. */
export function overloadLog(log: Pick<FastifyBaseLogger, 'warn' | 'info'>, what: string) {
  let refused = 0;
  return {
    refuse(): Overload {
      if (refused === 0) log.warn(`overload: ${what}`);
      refused += 1;
      return new Overload(what);
    },
    /** Call this whenever there is room again; it does nothing unless there was an overload. */
    over(): void {
      if (refused === 0) return;
      log.info({ refused }, `overload is over: ${what}`);
      refused = 0;
    },
  };
}
