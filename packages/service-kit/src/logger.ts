import type { FastifyRequest } from 'fastify';
import { pathOf } from './problems/problem.ts';

/**
 * Members of a log line whose values are credentials or tokens, of requests or answers: pino censors them on the first three
 * levels of a line. The serializers below keep query strings out of `req`. They also drop the message of a drizzle error,
 * because it lists the parameters of the statement.
 */
const REDACTED = [
  'authorization',
  'cookie',
  'password',
  'current_password',
  'new_password',
  'password_hash',
  'access_token',
  'refresh_token',
  'client_secret',
  'code_verifier',
  'token',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * The member with the id of the request. Fastify makes a child logger with it for each request, and pino applies all paths
 * with a wildcard to each member of a child. A path of its own exempts this member, which saves a tenth of a request.
 */
export const REQUEST_ID_LABEL = 'request_id';

export const loggerOptions = {
  redact: {
    paths: [...REDACTED, REQUEST_ID_LABEL],
    censor: (value: unknown, path: string[]) =>
      path[0] === REQUEST_ID_LABEL && typeof value === 'string' ? value : '[redacted]',
  },
  formatters: { level: (label: string) => ({ level: label }) },
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  serializers: {
    req: (request: FastifyRequest) => ({
      method: request.method,
      path: pathOf(request.url),
      remote_address: request.ip,
    }),
    err: serializeError,
  },
};

interface LoggedError {
  type: string;
  code?: string;
  message: string;
  stack: string | undefined;
  cause?: LoggedError;
}

/** Logs only fields that are known to be harmless: drivers attach commands and parameters to their errors. */
function serializeError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error), stack: undefined };
  if (error.constructor.name === 'DrizzleQueryError' && error.cause !== undefined)
    return serializeError(error.cause);
  const code = (error as { code?: unknown }).code;
  return {
    type: error.constructor.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  };
}
