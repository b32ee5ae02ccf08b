import type { Metrics, Observe } from './metrics.ts';

const BOUNDS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** An error without a code, for example of a broken connection. */
const NO_CODE = 'error';

/**
 * Notes an operation that has ended.
 *
 * @param startedAt by `performance.now()`
 */
export type NoteOperation = (operation: string, startedAt: number, error?: unknown) => void;

/**
 * Measures statements or commands by the semantic conventions of OpenTelemetry for database clients. Returns undefined in a
 * process that is not measured.
 */
export function storeOperations(metrics: Metrics, system: 'postgresql' | 'redis'): NoteOperation | undefined {
  if (!metrics.isServed) return undefined;
  const histogram = metrics.histogram({
    name: 'db_client_operation_duration_seconds',
    help: 'Duration of statements and commands, as this process sees it',
    labelNames: ['db_system_name', 'db_operation_name', 'error_type'],
    buckets: BOUNDS_SECONDS,
  });
  const known = new Map<string, Map<string, Observe>>();
  return (operation, startedAt, error) => {
    const seconds = (performance.now() - startedAt) / 1_000;
    const type = error == null ? '' : errorType(error);
    let byType = known.get(operation);
    if (byType === undefined) {
      byType = new Map();
      known.set(operation, byType);
    }
    let observe = byType.get(type);
    if (observe === undefined) {
      observe = histogram.of({ db_system_name: system, db_operation_name: operation, error_type: type });
      byType.set(type, observe);
    }
    observe(seconds);
  };
}

/** SQLSTATE of PostgreSQL, and the first word of a refusal of Redis, such as OOM: both are closed sets. */
function errorType(error: unknown): string {
  const { code, name, message } = error as { code?: unknown; name?: string; message?: string };
  if (typeof code === 'string' && /^[0-9A-Z_]{1,32}$/.test(code)) return code;
  return (name === 'ReplyError' ? /^[A-Z]{1,32}\b/.exec(message ?? '')?.[0] : undefined) ?? NO_CODE;
}

const OPERATIONS: Record<string, string> = {
  b: 'BEGIN',
  c: 'COMMIT',
  d: 'DELETE',
  i: 'INSERT',
  r: 'ROLLBACK',
  s: 'SELECT',
  u: 'UPDATE',
  w: 'WITH',
};

/** The operation of a statement by its first letter, which costs no parsing: the services send no other statements often. */
export function operationOf(statement: string): string {
  return OPERATIONS[statement.charAt(0).toLowerCase()] ?? 'OTHER';
}
