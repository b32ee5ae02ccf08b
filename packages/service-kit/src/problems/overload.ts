import type { FastifyBaseLogger } from 'fastify';

/**
 * More work than can be done in time. The request is refused with 503, which says nothing about a store; the log has one line
 * for all of an overload, from `overloadLog`, and none for each request.
 */
export class Overload extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Overload';
  }
}

/** True of an `Overload`, and of an error that one has caused. */
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
    /** To be called whenever there is room again; does nothing unless there was an overload. */
    over(): void {
      if (refused === 0) return;
      log.info({ refused }, `overload is over: ${what}`);
      refused = 0;
    },
  };
}
