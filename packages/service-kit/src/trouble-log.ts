import type { FastifyBaseLogger } from 'fastify';

/** Logs a trouble once when it begins and once when it is over, no matter how often the failing work is repeated. */
export function troubleLog(
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>,
  texts: { began: string; over: string },
  fields: Readonly<Record<string, unknown>> = {},
) {
  let current: string | undefined;
  return {
    /** @param kind an error of another kind is a new trouble; default: the message */
    note(err: unknown, { kind = String(err), level = 'warn' as 'warn' | 'error' } = {}): void {
      if (kind === current) return;
      current = kind;
      log[level]({ ...fields, err }, texts.began);
    },
    over(): void {
      if (current !== undefined) log.info(fields, texts.over);
      current = undefined;
    },
  };
}
