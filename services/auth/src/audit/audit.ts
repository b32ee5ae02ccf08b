import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { hourly } from '@pair/service-kit';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { auditCounts, pendingMetric } from './audit-metrics.ts';
import { removeOldEvents } from './remove-old-events.ts';
import { insertSecurityEvents, type SecurityEvent } from './security-events.ts';

const BATCH = 500;
/** The most events that may wait for the database; about 3 MB. */
const MAX_PENDING = 10_000;
/** An INSERT for each sign-in would cost it a tenth of its CPU time beside the hashing. */
const PAUSE_MS = 100;

export interface Audit {
  /**
   * Queues a security event for the database. Never waits and never throws: an event that cannot be written goes to the
   * log instead. Request id and address come from the request, and so do the actor and the client unless `event` has them.
   */
  record(request: FastifyRequest, event: Omit<SecurityEvent, 'at' | 'requestId' | 'address'>): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    audit: Audit;
  }
}

export const audit = fp(
  async (app) => {
    const counts = auditCounts(app.metrics);
    const writer = auditWriter(app.db, app.log, counts.noteOnlyLogged);
    pendingMetric(app.metrics, writer.pending);
    app.decorate('audit', {
      record: (request, event) => {
        counts.noteEvent(event);
        writer.write({
          ...bearerOf(request),
          ...event,
          at: new Date(),
          requestId: request.id,
          address: request.ip,
        });
      },
    });
    hourly(app, 'cannot remove old security events', () => removeOldEvents(app.db));
    // onClose hooks run in reverse order, so this one runs before the pool closes
    app.addHook('onClose', () => writer.close());
  },
  { name: 'audit', dependencies: ['postgres'] },
);

/** Only a user is an actor. A client that acts for itself has no session, so it is no actor. */
function bearerOf({ claims }: FastifyRequest): Pick<SecurityEvent, 'actorId' | 'clientId'> {
  return {
    actorId: claims?.sid === undefined ? undefined : claims.sub,
    clientId: claims?.client_id,
  };
}

/**
 * Writes security events with one INSERT at a time, in batches of the events that have queued meanwhile. So the events of an
 * attacker, no matter how many, use one connection. A lone event is written at once. After it the next ones gather for
 * PAUSE_MS: a process that is killed loses no more than those.
 */
export function auditWriter(
  db: NodePgDatabase,
  log: Pick<FastifyBaseLogger, 'error' | 'warn'>,
  noteOnlyLogged = () => {},
) {
  const pending: SecurityEvent[] = [];
  const closing = new AbortController();
  const background = new AsyncResource('AuditWriter');
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    while (pending.length > 0) {
      const batch = pending.splice(0, BATCH);
      try {
        await insertSecurityEvents(db, batch);
      } catch (err) {
        log.error({ err }, 'cannot write security events: the next lines have them');
        for (const event of batch) logInstead(event);
      }
      if (pending.length < BATCH)
        await sleep(PAUSE_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
    writing = undefined;
  }

  function logInstead(event: SecurityEvent): void {
    noteOnlyLogged();
    log.warn({ security_event: event }, 'a security event that is not in the table');
  }

  return {
    /** The number of events that wait for the database. */
    pending: () => pending.length,
    write(event: SecurityEvent): void {
      if (pending.length >= MAX_PENDING) return logInstead(event);
      pending.push(event);
      // the loop goes on after the request, so it is no part of the request's trace
      writing ??= background.runInAsyncScope(writeAll);
    },
    /** Writes what has gathered, without a pause. Resolves when every event is in the table or in the log. */
    close: async () => {
      closing.abort();
      await writing;
    },
  };
}
