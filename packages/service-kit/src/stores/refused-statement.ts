import pg from 'pg';

/**
 * SQLSTATE of the errors that end a session, or may end it: connection, login, time-outs of a session and of a transaction,
 * resources, shutdown, and the system.
 */
const MAY_END_SESSION = /^(08|25P0[34]|28|53|57P|58)/;

/**
 * True if PostgreSQL has refused a statement, and its session goes on. `severity` would say that, but it is in the language of the
 * server (`lc_messages`), and `pg` does not read the field in English.
 */
export function isRefusedStatement(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && !MAY_END_SESSION.test(error.code ?? '');
}
