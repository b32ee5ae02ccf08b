import type { Metrics } from '@pair/service-kit';
import { SECURITY_EVENTS, type SecurityEvent } from './security-events.ts';

const OUTCOMES = ['succeeded', 'refused'] as const;

export interface AuditCounts {
  noteEvent(event: Pick<SecurityEvent, 'event' | 'outcome'>): void;
  /** Counts an event that is in the log, and not in the table. */
  noteOnlyLogged(): void;
}

/** Each counter begins with zero. Callers share the counters. */
export function auditCounts(metrics: Metrics): AuditCounts {
  const events = metrics.counter({
    name: 'auth_security_events_total',
    help: 'Security events, as in the audit, without those of commands',
    labelNames: ['event', 'outcome'],
  });
  for (const event of SECURITY_EVENTS) for (const outcome of OUTCOMES) events.inc({ event, outcome }, 0);
  const onlyLogged = metrics.counter({
    name: 'auth_audit_events_only_logged_total',
    help: 'Security events that are in the log, and not in the table',
  });
  onlyLogged.inc({}, 0);
  return {
    noteEvent: ({ event, outcome }) => events.inc({ event, outcome }),
    noteOnlyLogged: () => onlyLogged.inc({}),
  };
}

/** @param count returns the number of events that wait for the database */
export function pendingMetric(metrics: Metrics, count: () => number): void {
  metrics.gauge(
    { name: 'auth_audit_events_pending', help: 'Security events that wait for the database' },
    (gauge) => gauge.set({}, count()),
  );
}
