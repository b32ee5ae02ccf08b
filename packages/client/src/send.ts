import createFetchClient, { type HeadersOptions, mergeHeaders } from 'openapi-fetch';
import { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import { withRetries } from './retry.ts';

/** The part of openapi-fetch's options that is looked at; the rest passes through. */
export interface Init {
  body?: unknown;
  headers?: HeadersOptions;
  signal?: AbortSignal | null;
}

export interface Sent {
  data?: unknown;
  response: Response;
}

/**
 * Sends one request, and again as `withRetries` says.
 *
 * @throws ApiError for every answer that is not 2xx
 */
export type Send = (method: string, path: string, init?: Init) => Promise<Sent>;

/** What openapi-fetch does not take from the document: the operations that do not speak JSON both ways. */
const OPERATIONS: Record<string, object> = {
  'GET /customers/export': { parseAs: 'text' },
  'GET /oauth/authorize': { parseAs: 'text' },
  'POST /customers/import': { bodySerializer: (file: unknown) => file, duplex: 'half' },
};

/** Sends without a token, unless there is one in `init`. */
export function createSend(
  baseUrl: string,
  fetch: (request: Request) => Promise<Response>,
  clock: Clock,
): Send {
  const client = createFetchClient({ baseUrl, fetch });
  // one method for all operations: their types are those of `Operations`
  const request = client.request as unknown as (
    ...args: Parameters<Send>
  ) => Promise<Sent & { error?: unknown }>;

  return (method, path, init = {}) => {
    const options = { ...OPERATIONS[`${method} ${path}`], ...init, headers: headersOf(method, path, init) };
    return withRetries({ method, path, ...init }, clock, async () => {
      const { data, error, response } = await request(method, path, options);
      if (!response.ok) throw new ApiError(response, error);
      return { data, response };
    });
  };
}

function headersOf(method: string, path: string, { headers }: Init): Headers {
  const own = mergeHeaders(headers);
  if (method === 'POST' && path === '/customers') setDefault(own, 'idempotency-key', randomKey());
  if (method === 'POST' && path.startsWith('/oauth/')) {
    setDefault(own, 'content-type', 'application/x-www-form-urlencoded');
  }
  return own;
}

function setDefault(headers: Headers, name: string, value: string): void {
  if (!headers.has(name)) headers.set(name, value);
}

/** Not `crypto.randomUUID`, which a page has only when it came by HTTPS or from localhost. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
