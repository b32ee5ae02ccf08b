import { Problem } from '@pair/service-kit';
import { Type } from 'typebox';

/** A string of RFC 9651 §3.3.3, without its escapes. Many clients send the key without quotation marks: see `BARE`. */
const QUOTED = /^"([\x21\x23-\x5b\x5d-\x7e]{1,255})"$/;
const BARE = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;

export const IdempotencyKeySchema = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      maxLength: 257,
      description:
        'Makes a retry safe: the service runs a request with this key once, and gives the same answer to its retries for 24 hours. The key has 1 to 255 visible characters, such as a UUID, `"8e03978e-40d5-43dd-bc93-6894a57f9324"`, with or without quotation marks.',
    }),
  ),
});

/**
 * Returns the key without quotation marks; undefined if there is none.
 *
 * @throws {Problem} 400
 */
export function parseIdempotencyKey(field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  const key = QUOTED.exec(field)?.[1] ?? BARE.exec(field)?.[0];
  if (key !== undefined) return key;
  throw new Problem(400, 'invalid_request', 'The header is not valid: see errors.', {
    errors: [{ pointer: '/idempotency-key', detail: 'must be 1 to 255 visible characters' }],
  });
}
