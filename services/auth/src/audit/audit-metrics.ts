import type { Metrics } from '@pair/service-kit';
import { SECURITY_EVENTS, type SecurityEvent } from './security-events.ts';

const OUTCOMES = ['succeeded', 'refused'] as const;

/** Returns a function that counts a security event. */
export function countEvents(
  metrics: Metrics,
  writer: { pending(): number; lost(): number },
): (event: Pick<SecurityEvent, 'event' | 'outcome'>) => void {
  const events = metrics.counter({
    name: 'auth_security_events_total',
    help: 'Security events, as in the audit',
    labelNames: ['event', 'outcome'],
  });
  for (const event of SECURITY_EVENTS) for (const outcome of OUTCOMES) events.inc({ event, outcome }, 0);
  metrics.gauge(
    { name: 'auth_audit_events_pending', help: 'Security events that wait for the database' },
    (gauge) => gauge.set({}, writer.pending()),
  );
  metrics.gauge(
    {
      name: 'auth_audit_events_only_logged',
      help: 'Security events since the start that are in the log, and not in the table',
    },
    (gauge) => gauge.set({}, writer.lost()),
  );
  return ({ event, outcome }) => events.inc({ event, outcome });
}
