import type { FastifyBaseLogger } from 'fastify';

/** Logs a trouble once when it begins and once when it is over, however often the failing work is tried again. */
export function troubleLog(
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>,
  texts: { began: string; over: string },
) {
  let current: string | undefined;
  return {
    /** @param kind errors of another kind are another trouble; default: the message */
    note(err: unknown, { kind = String(err), level = 'warn' as 'warn' | 'error' } = {}): void {
      if (kind === current) return;
      current = kind;
      log[level]({ err }, texts.began);
    },
    over(): void {
      if (current !== undefined) log.info(texts.over);
      current = undefined;
    },
  };
}
