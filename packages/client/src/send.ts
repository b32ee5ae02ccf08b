import createFetchClient, { type HeadersOptions } from 'openapi-fetch';
import { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import { withRetries } from './retry.ts';

/** The part of openapi-fetch's options that is looked at; the rest passes through. */
export interface Init {
  body?: unknown;
  headers?: HeadersOptions;
  parseAs?: string | undefined;
  signal?: AbortSignal | null;
}

export interface Sent {
  data?: unknown;
  response: Response;
}

/**
 * Sends one request, and again as `withRetries` says.
 *
 * @throws ApiError for every answer that is not 2xx, or not JSON where it should be
 */
export type Send = (method: string, path: string, init?: Init) => Promise<Sent>;

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
    const isJson = (init.parseAs ?? 'json') === 'json';
    const options = isJson ? { ...init, parseAs: 'text' } : init;
    return withRetries({ method, path, ...init }, clock, async () => {
      const { data, error, response } = await request(method, path, options);
      if (!response.ok) throw new ApiError(response, error);
      return { data: isJson ? parsed(data, response) : data, response };
    });
  };
}

/** Here, and not in openapi-fetch, whose SyntaxError says nothing of the answer. */
function parsed(json: unknown, response: Response): unknown {
  try {
    return json ? JSON.parse(`${json}`) : undefined;
  } catch {
    throw new ApiError(response, json);
  }
}
