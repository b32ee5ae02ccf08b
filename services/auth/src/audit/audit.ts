import { hourly } from '@pair/service-kit';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { removeOldEvents } from './remove-old-events.ts';
import { insertSecurityEvents, type SecurityEvent } from './security-events.ts';

const BATCH = 500;
/** What may wait for the database; about 3 MB. */
const MAX_PENDING = 10_000;

export interface Audit {
  /**
   * Writes a security event down, some time soon. Never waits and never throws: what cannot be written is in the log
   * instead. Request id, address and, unless they are given, the actor and the client are those of the request.
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
    hourly(app, 'old security events cannot be removed', () => removeOldEvents(app.db));
    // before the pool is closed, which was registered earlier: hooks of onClose run in the opposite order
    app.addHook('onClose', () => writer.written());
  },
  { name: 'audit', dependencies: ['postgres'] },
);

/** A client that acts for itself is no user. */
function bearerOf({ claims }: FastifyRequest): Pick<SecurityEvent, 'actorId' | 'clientId'> {
  return {
    actorId: claims?.sid === undefined ? undefined : claims.sub,
    clientId: claims?.client_id,
  };
}

/**
 * One INSERT at a time, of everything that has come meanwhile: however many events an attacker causes, they take one
 * connection.
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
        log.error({ err }, 'security events cannot be written: they follow');
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
    /** Resolves when nothing is pending: written, or in the log. */
    written: async () => writing,
  };
}
