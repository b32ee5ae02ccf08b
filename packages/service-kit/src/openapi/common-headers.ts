import { EXAMPLE_REQUEST_ID, REQUEST_ID_PATTERN } from './schemas.ts';

/** The headers of every answer. */
const OF_ALL = {
  'X-Request-Id': {
    description: 'The id of the request in all logs, and the `request_id` of problems.',
    required: true,
    schema: { type: 'string', pattern: REQUEST_ID_PATTERN, examples: [EXAMPLE_REQUEST_ID] },
  },
} as const;

/** The headers of every answer after the token of the request was verified (draft-ietf-httpapi-ratelimit-headers). */
const OF_LIMITED = {
  'RateLimit-Policy': {
    description:
      'The limit for the requests of your account or client to one process: `q` requests in `w` seconds. Absent if no limit is set.',
    schema: { type: 'string', examples: ['"subject";q=400;w=2'] },
  },
  RateLimit: {
    description: 'You may send `r` more requests now. After `t` seconds without one you may send `q` again.',
    schema: { type: 'string', examples: ['"subject";r=399;t=1'] },
  },
} as const;

/** The headers that operations share, for the components of the document. */
export const COMMON_HEADERS = { ...OF_ALL, ...OF_LIMITED };

interface Operation {
  responses: Record<string, { headers?: object; content?: Record<string, { examples?: object }> }>;
}

/** Adds the headers that operations share to each answer of an operation. */
export function addCommonHeaders({ responses }: Operation): void {
  const isLimited = Object.values(responses[429]?.content ?? {}).some(
    ({ examples = {} }) => 'rate_limit_exceeded' in examples,
  );
  for (const [status, response] of Object.entries(responses)) {
    // 401 names no subject: its token is missing or not valid
    const names = Object.keys(isLimited && status !== '401' ? COMMON_HEADERS : OF_ALL);
    const headers = names.map((name) => [name, { $ref: `#/components/headers/${name}` }]);
    response.headers = { ...response.headers, ...Object.fromEntries(headers) };
  }
}
