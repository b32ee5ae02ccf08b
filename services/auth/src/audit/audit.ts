import { hourly } from '@pair/service-kit';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { removeOldEvents } from './remove-old-events.ts';
import { insertSecurityEvents, type SecurityEvent } from './security-events.ts';

const BATCH = 500;
/** The most events that may wait for the database; about 3 MB. */
const MAX_PENDING = 10_000;

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
    const writer = auditWriter(app.db, app.log);
    app.decorate('audit', {
      record: (request, event) =>
        writer.write({
          ...bearerOf(request),
          ...event,
          at: new Date(),
          requestId: request.id,
          address: request.ip,
        }),
    });
    hourly(app, 'cannot remove old security events', () => removeOldEvents(app.db));
    // onClose hooks run in reverse order, so this one runs before the pool closes
    app.addHook('onClose', () => writer.written());
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
 * attacker, no matter how many, use one connection.
 */
export function auditWriter(db: NodePgDatabase, log: Pick<FastifyBaseLogger, 'error' | 'warn'>) {
  const pending: SecurityEvent[] = [];
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
    }
    writing = undefined;
  }

  function logInstead(event: SecurityEvent): void {
    log.warn({ security_event: event }, 'a security event that is not in the table');
  }

  return {
    write(event: SecurityEvent): void {
      if (pending.length >= MAX_PENDING) return logInstead(event);
      pending.push(event);
      writing ??= writeAll();
    },
    /** Resolves when every event is in the table or in the log. */
    written: async () => writing,
  };
}
