import { Type } from 'typebox';
import { OperatorError } from './problems/operator-error.ts';

const URL_RULE = {
  pattern: '^postgres(ql)?://',
  format: 'one-server',
  allowed:
    'a URL that begins with postgres:// and names one host, without target_session_attrs: use one endpoint that follows the primary',
};

/** `DATABASE_URL` and the settings that belong to it, of the services, their jobs and their commands. */
export const DatabaseConfigSchema = Type.Object({
  DATABASE_URL: Type.String({
    ...URL_RULE,
    description: 'PostgreSQL: postgres://role:password@host:5432/database',
  }),
  DATABASE_POOLER: Type.Optional(
    Type.String({
      pattern: '^transaction$',
      allowed: '"transaction"',
      description:
        '"transaction" if DATABASE_URL leads through PgBouncer, 1.26.1 or newer, in transaction mode',
    }),
  ),
  DATABASE_DIRECT_URL: Type.Optional(
    Type.String({
      ...URL_RULE,
      description:
        'With DATABASE_POOLER: the same database without PgBouncer, for transfers, migrations and commands',
    }),
  ),
});

interface DatabaseConfig {
  DATABASE_URL: string;
  DATABASE_POOLER?: string;
  DATABASE_DIRECT_URL?: string;
}

/** The ways to a database. */
export interface DatabaseAddress {
  databaseUrl: string;
  /** Leads to PostgreSQL itself, for work that needs settings of its own, or a session. */
  directUrl: string;
  /** True if `databaseUrl` leads through PgBouncer in transaction mode. */
  isPooled: boolean;
}

/** @throws {OperatorError} if only one of DATABASE_POOLER and DATABASE_DIRECT_URL is set */
export function databaseAddress(config: DatabaseConfig): DatabaseAddress {
  const { DATABASE_URL: databaseUrl, DATABASE_POOLER: pooler, DATABASE_DIRECT_URL: direct } = config;
  if (pooler !== undefined && direct === undefined) {
    throw new OperatorError(
      'DATABASE_POOLER needs DATABASE_DIRECT_URL: set it to the URL of the same database without PgBouncer, for transfers, migrations and commands.',
    );
  }
  if (pooler === undefined && direct !== undefined) {
    throw new OperatorError(
      'DATABASE_DIRECT_URL has no use without DATABASE_POOLER: set DATABASE_POOLER=transaction if DATABASE_URL leads through PgBouncer, or remove it.',
    );
  }
  return { databaseUrl, directUrl: direct ?? databaseUrl, isPooled: pooler !== undefined };
}
