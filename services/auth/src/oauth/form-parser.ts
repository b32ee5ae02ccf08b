import { isUtf8 } from 'node:buffer';
import { utf8ContentType } from '@pair/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidRequest } from './oauth-error.ts';

/**
 * Parses `application/x-www-form-urlencoded` bodies (RFC 6749 appendix B) and no others. A parameter without a value counts
 * as not sent, and no parameter may occur twice (RFC 6749 §3.1, §3.2), except for a list in the schema of the route. Routes
 * ignore unknown parameters.
 */
export function addFormParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    utf8ContentType('application/x-www-form-urlencoded'),
    { parseAs: 'buffer' },
    (request, body: Buffer, done) => {
      try {
        done(null, parseForm(body, listsOf(request)));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** @throws {Problem} 400 `invalid_request` */
function parseForm(body: Buffer, lists: string[]): Record<string, string | string[]> {
  const text = body.toString('latin1');
  if (!isUtf8(body) || !isPercentEncodedUtf8(text))
    throw invalidRequest('The body is not UTF-8: encode it as UTF-8.');
  const form = new URLSearchParams(body.toString('utf8'));
  const values = lists.map((name) => [name, takeAll(form, name)]);
  return Object.assign(parametersOf(form), Object.fromEntries(values));
}

/** Returns the names of the parameters that may occur several times. */
function listsOf({ routeOptions }: FastifyRequest): string[] {
  const { properties = {} } = (routeOptions.schema?.body ?? {}) as {
    properties?: Record<string, { type?: unknown }>;
  };
  return Object.keys(properties).filter((name) => properties[name]?.type === 'array');
}

/** Removes a parameter that may occur several times from a form or a query, and returns its values. */
export function takeAll(form: URLSearchParams, name: string): string[] {
  const values = form.getAll(name).filter((value) => value !== '');
  form.delete(name);
  return values;
}

/**
 * Returns the parameters of a form or of a query.
 *
 * @throws {Problem} 400 `invalid_request`
 */
export function parametersOf(form: URLSearchParams): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null);
  const names = new Set<string>();
  for (const [name, value] of form) {
    if (names.has(name)) throw invalidRequest('A parameter occurs twice: send it once.');
    names.add(name);
    if (value !== '') parameters[name] = value;
  }
  return parameters;
}

function isPercentEncodedUtf8(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
