import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import secureJson from 'secure-json-parse';
import { Problem } from './problem.ts';

/** JSON is UTF-8 (RFC 8259 §8.1): a body that says another charset is 415, one that is not UTF-8 is 400. */
export const JSON_CONTENT_TYPE = jsonContentType('application/json');

/** The content-type pattern of a JSON media type, with no parameter but `charset=utf-8`. */
export function jsonContentType(mediaType: string): RegExp {
  return new RegExp(`^${mediaType.replace(/[.+]/g, '\\$&')}\\s*(?:;\\s*charset="?utf-8"?\\s*)?$`, 'i');
}

/** Refuses `__proto__` and `constructor.prototype` members, whatever the schema would say of them. */
export function parseJson(
  _request: FastifyRequest,
  body: Buffer,
  done: (error: Error | null, body?: unknown) => void,
): void {
  if (body.length === 0) return done(new Problem(400, 'empty_body', 'This request needs a body.'));
  if (!isUtf8(body)) return done(new Problem(400, 'invalid_json', 'The body is not valid UTF-8.'));
  let value: unknown;
  try {
    value = secureJson.parse(body.toString('utf8'), undefined, {
      protoAction: 'error',
      constructorAction: 'error',
    });
  } catch {
    return done(new Problem(400, 'invalid_json', 'The body is not valid JSON.'));
  }
  done(null, value);
}
