import { date, index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const customers = pgTable(
  'customers',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    /** Text in and out: a JS Date would move it by a day in half of the world. */
    dob: date({ mode: 'string' }).notNull(),
    /** Counts the writes; its text is the entity tag. */
    version: integer().notNull().default(1),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3, mode: 'string' })
      .notNull()
      .defaultNow(),
  },
  (table) => [index('customers_youngest').on(table.dob.desc(), table.id.desc())],
);
