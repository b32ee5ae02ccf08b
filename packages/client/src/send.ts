import createFetchClient, { type HeadersOptions } from 'openapi-fetch';
import { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { CallProofs } from './dpop/dpop.ts';
import { withRetries } from './retry.ts';

/** The options of openapi-fetch that this client reads. The others pass through. */
export interface Init {
  body?: unknown;
  headers?: HeadersOptions;
  parseAs?: string | undefined;
  signal?: AbortSignal | null;
  fetch?: (request: Request) => Promise<Response>;
  /** Adds proofs of possession. */
  proofs?: CallProofs;
}

export interface Sent {
  data?: unknown;
  response: Response;
}

/**
 * Sends one request, and repeats it as `withRetries` does.
 *
 * @throws ApiError for every answer that is not 2xx, or that is not JSON although the operation answers JSON
 */
export type Send = (method: string, path: string, init?: Init) => Promise<Sent>;

/** Creates a `Send` that adds no token: `init` may have one. */
export function createSend(
  baseUrl: string,
  fetch: (request: Request) => Promise<Response>,
  clock: Clock,
): Send {
  const client = createFetchClient({ baseUrl, fetch });
  // the types of single operations are in `Operations`
  const request = client.request as unknown as (
    ...args: Parameters<Send>
  ) => Promise<Sent & { error?: unknown }>;

  return (method, path, init = {}) => {
    const isJson = (init.parseAs ?? 'json') === 'json';
    const { proofs, ...rest } = init;
    const plainFetch = init.fetch ?? fetch;
    const options: Init = {
      ...rest,
      ...(isJson && { parseAs: 'text' }),
      ...(proofs && { fetch: (attempt) => proofs.sendWithProof(attempt, plainFetch) }),
    };
    return withRetries({ method, path, ...init }, clock, async () => {
      const { data, error, response } = await request(method, path, options);
      if (!response.ok) throw new ApiError(response, error);
      return { data: isJson ? parsed(data, response) : data, response };
    });
  };
}

/** Parses here, because the SyntaxError of openapi-fetch does not have the answer. */
function parsed(json: unknown, response: Response): unknown {
  try {
    return json ? JSON.parse(`${json}`) : undefined;
  } catch {
    throw new ApiError(response, json);
  }
}
