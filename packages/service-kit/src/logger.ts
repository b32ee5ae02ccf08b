import type { FastifyRequest } from 'fastify';
import { pathOf } from './problems/problem.ts';

/**
 * What a log line never holds, wherever it stands: credentials and tokens of either direction. Query strings
 * are left out of `req`, and drizzle's errors lose their message, which lists the statement's parameters.
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

export const loggerOptions = {
  redact: { paths: REDACTED, censor: '[redacted]' },
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

/** Fields that are known to be harmless, and nothing else: drivers hang commands and parameters on their errors. */
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
