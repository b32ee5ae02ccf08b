import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import secureJson from 'secure-json-parse';
import { Problem } from '../problems/problem.ts';

/** JSON is UTF-8 (RFC 8259 §8.1): a body that says another charset is 415, one that is not UTF-8 is 400. */
export const JSON_CONTENT_TYPE = utf8ContentType('application/json');

/**
 * The content-type pattern of a media type that is UTF-8, with no parameter but its charset (ASCII is UTF-8 too) and the one
 * that is named, such as `header=present`. For `addContentTypeParser`: what is malformed or there twice was refused before.
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
 * For bodies of JSON. A route that reads none, or can do without, bears an empty one: many clients send a
 * Content-Type with every request.
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
 * Refuses what JSON.parse lets pass and no honest client sends: `__proto__` and `constructor.prototype` members,
 * and two members of one name.
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

/** In valid JSON: a brace, or a string and the colon that makes it a member's name. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g;

/** RFC 8259 §4: readers of such an object may disagree, so a check by one would say nothing about another. */
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
