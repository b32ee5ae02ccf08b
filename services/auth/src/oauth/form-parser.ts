import { isUtf8 } from 'node:buffer';
import { utf8ContentType } from '@pair/service-kit';
import type { FastifyInstance } from 'fastify';
import { invalidRequest } from './oauth-error.ts';

/**
 * Parses `application/x-www-form-urlencoded` bodies (RFC 6749 appendix B) and no others. A parameter without a value counts
 * as not sent, and no parameter may occur twice (RFC 6749 §3.1, §3.2). Routes ignore unknown parameters.
 */
export function addFormParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    utf8ContentType('application/x-www-form-urlencoded'),
    { parseAs: 'buffer' },
    (_request, body: Buffer, done) => {
      try {
        done(null, parseForm(body));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** @throws {Problem} 400 `invalid_request` */
function parseForm(body: Buffer): Record<string, string> {
  const text = body.toString('latin1');
  if (!isUtf8(body) || !isPercentEncodedUtf8(text))
    throw invalidRequest('The body is not UTF-8: encode it as UTF-8.');
  return parametersOf(new URLSearchParams(body.toString('utf8')));
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
