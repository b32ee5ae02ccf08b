import { sql } from 'drizzle-orm';
import {
  bigint,
  customType,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const customers = pgTable(
  'customers',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    /** A text in both directions: a JS Date would shift the day by one in half of the time zones. */
    dob: date({ mode: 'string' }).notNull(),
    /**
     * Counts the writes; its text is the entity tag. Starts at 1, or at the microsecond of the creation if a client chose the
     * id, because a deleted customer may have had that id.
     */
    version: bigint({ mode: 'number' }).notNull().default(1),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3, mode: 'string' })
      .notNull()
      .defaultNow(),
  },
  (table) => [
    index('customers_youngest').on(table.dob.desc(), table.id.desc()),
    index('customers_by_name').on(sql`lower(${table.name}) COLLATE "C"`, table.id),
    index('customers_by_updated_at').on(table.updatedAt, table.id),
  ],
);

/** The answers to POSTs with an Idempotency-Key, for 24 hours. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** The `sub` of the access token. */
    subject: text().notNull(),
    route: text().notNull(),
    key: text().notNull(),
    /** The SHA-256 of the request: see `fingerprintOf`. */
    fingerprint: bytea().notNull(),
    status: integer().notNull(),
    headers: jsonb().$type<Record<string, string>>().notNull(),
    body: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.subject, table.route, table.key] }),
    index('idempotency_keys_created_at').on(table.createdAt),
  ],
);
