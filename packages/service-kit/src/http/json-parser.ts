import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import secureJson from 'secure-json-parse';
import { Problem } from '../problems/problem.ts';

/** JSON is UTF-8 (RFC 8259 §8.1): a body that declares another charset is 415, and a body that is not UTF-8 is 400. */
export const JSON_CONTENT_TYPE = utf8ContentType('application/json');

/**
 * Returns the pattern for `addContentTypeParser` of a media type in UTF-8. It allows no parameter except the charset (ASCII
 * is UTF-8 too) and `parameter`, such as `header=present`. `refuseAmbiguous` has already refused malformed or repeated ones.
 */
export function utf8ContentType(mediaType: string, parameter?: string): RegExp {
  const parameters = ['charset=(?:utf-?8|us-ascii)', ...(parameter === undefined ? [] : [parameter])].map(
    (one) => String.raw`\s*;\s*${one.replace('=', '="?')}"?`,
  );
  const [charset, other] = parameters;
  const inAnyOrder = other === undefined ? charset : `${charset}(?:${other})?|${other}(?:${charset})?`;
  return new RegExp(String.raw`^${mediaType.replace(/[.+]/g, '\\$&')}(?:${inAnyOrder})?\s*$`, 'i');
}

/**
 * Parses a body of JSON. A route without a body, or with an optional one, accepts an empty body, because many clients send
 * a Content-Type with every request.
 */
export function parseJson(
  request: FastifyRequest,
  body: Buffer,
  done: (error: Error | null, body?: unknown) => void,
): void {
  if (body.length === 0) {
    const schema = request.routeOptions.schema?.body;
    if (schema === undefined || allowsNull(schema)) return done(null, null);
    return done(new Problem(400, 'empty_body', 'This request needs a body.'));
  }
  if (!isUtf8(body)) return done(new Problem(400, 'invalid_json', 'The body is not valid UTF-8.'));
  let value: unknown;
  try {
    value = parseStrictJson(body.toString('utf8'));
  } catch (error) {
    return done(new Problem(400, 'invalid_json', `The body ${(error as SyntaxError).message}.`));
  }
  done(null, value);
}

/**
 * Parses JSON, and refuses three things that JSON.parse accepts and no honest client sends: the member `__proto__`, the
 * member `constructor.prototype`, and two members of one name.
 *
 * @throws {SyntaxError} with a message that completes the sentence "the text …"
 */
export function parseStrictJson(json: string): unknown {
  let value: unknown;
  try {
    value = secureJson.parse(json, undefined, {
      protoAction: 'error',
      constructorAction: 'error',
    });
  } catch {
    throw new SyntaxError('is not valid JSON');
  }
  if (hasDuplicateMember(json)) throw new SyntaxError('has two members of one name');
  return value;
}

function allowsNull(schema: unknown): boolean {
  return [(schema as { type?: unknown }).type].flat().includes('null');
}

/** A token of valid JSON: a brace, or a string with the colon that makes it a member's name. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g;

/** RFC 8259 §4: readers of such an object may disagree, so one reader may check another value than the next one uses. */
function hasDuplicateMember(json: string): boolean {
  const objects: Set<string>[] = [];
  for (const [token, colon] of json.matchAll(TOKEN)) {
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (colon !== undefined) {
      const name: string = JSON.parse(token.slice(0, -colon.length));
      const names = objects.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
  }
  return false;
}
