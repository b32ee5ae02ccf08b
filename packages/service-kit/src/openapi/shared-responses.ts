import { isDeepStrictEqual } from 'node:util';
import type { OpenapiDocument } from './complete-document.ts';
import { SHARED_CODES } from './error-responses.ts';

interface Response {
  content?: Record<string, { schema?: { $ref?: string }; examples?: object }>;
}
type Paths = Record<string, Record<string, { responses: Record<string, object> }>>;

/**
 * Moves the 429 that operations share to the components: of the gateway alone, and of every route that needs a token. There
 * is one for each form of errors, under the name of its schema. An operation with a 429 of its own lists all of them.
 *
 * @throws when two responses with the same schema differ
 */
export function withSharedResponses<Made extends Partial<OpenapiDocument>>(document: Made): Made {
  const shared: Record<string, object> = {};
  for (const operation of Object.values((document.paths ?? {}) as Paths).flatMap(Object.values)) {
    const response = operation.responses[429];
    const name = response && nameOf(response);
    if (response === undefined || name === undefined) continue;
    if (!isDeepStrictEqual(shared[name] ?? response, response)) throw new Error(`Two responses are ${name}.`);
    shared[name] = response;
    operation.responses[429] = { $ref: `#/components/responses/${name}` };
  }
  return { ...document, components: { ...document.components, responses: shared } };
}

/** Returns the name of a response that has shared problems alone, in a form with a name. */
function nameOf({ content = {} }: Response): string | undefined {
  const [media] = Object.values(content);
  const codes = Object.keys(media?.examples ?? {});
  if (codes.length === 0 || !codes.every((code) => SHARED_CODES.has(code))) return undefined;
  const form = media?.schema?.$ref?.split('/').at(-1);
  const cause = codes.includes('rate_limit_exceeded') ? 'RateLimitExceeded' : 'TooManyRequests';
  return form && `${cause}${form === 'Problem' ? '' : form}`;
}
