import type { Metrics } from './metrics.ts';

interface Pool {
  idleCount: number;
  /** With connections that are being opened. */
  totalCount: number;
  waitingCount: number;
  options: { max: number };
}

/** The connections of a pool, by the semantic conventions of OpenTelemetry. */
export function poolMetrics(metrics: Metrics, name: string, pool: Pool): void {
  const labels = { db_client_connection_pool_name: name };
  const labelNames = ['db_client_connection_pool_name' as const];
  metrics.gauge(
    {
      name: 'db_client_connection_count',
      help: 'Connections of the pool: idle, or used by a request or being opened',
      labelNames: [...labelNames, 'db_client_connection_state'],
    },
    (gauge) => {
      const { idleCount, totalCount } = pool;
      gauge.set({ ...labels, db_client_connection_state: 'idle' }, idleCount);
      gauge.set({ ...labels, db_client_connection_state: 'used' }, totalCount - idleCount);
    },
  );
  metrics.gauge(
    { name: 'db_client_connection_max', help: 'The most connections of the pool', labelNames },
    (gauge) => gauge.set(labels, pool.options.max),
  );
  metrics.gauge(
    {
      name: 'db_client_connection_pending_requests',
      help: 'Requests that wait for a connection of the pool',
      labelNames,
    },
    (gauge) => gauge.set(labels, pool.waitingCount),
  );
}
