import { Ajv, type ErrorObject } from 'ajv';
import ajvFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import { Problem, type ProblemDetail } from './problem.ts';

/** A rule that JSON Schema has no word for, used as `Type.String({ format: name })`. */
export interface StringFormat {
  validate(value: string): boolean;
  /** What a client is told; completes the sentence "the value …". */
  message: string;
  /** In an OpenAPI document, where nobody knows the name of the format: what JSON Schema can say of the rule. */
  published: { format?: string; minLength?: number; maxLength?: number; pattern?: string };
}

/**
 * Compiles schemas to checks that find all faults of a value, up to twenty. Nothing is coerced, filled in or dropped, and a
 * member that the schema does not name is a fault where it says `additionalProperties: false`.
 *
 * One thing is changed in a value without faults: a UUID becomes lower case. PostgreSQL reads it in any case, and Redis, a Map
 * and `===` do not, so a handler that got the client's spelling would find the row and miss everything else under the id.
 */
export function faultFinder(
  ownFormats: Record<string, StringFormat> = {},
): (schema: object) => (value: unknown) => ProblemDetail[] {
  const formats = { uuid: UUID, ...ownFormats };
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, verbose: true });
  ajvFormats.default(ajv);
  for (const [name, format] of Object.entries(formats)) ajv.addFormat(name, format.validate);

  return (schema) => {
    const validate = ajv.compile(schema);
    const uuids = uuidMembers(schema);
    return (value) => {
      if (!validate(value)) {
        return (validate.errors ?? []).slice(0, MAX_ERRORS).map((error) => explain(error, formats));
      }
      makeCanonical(value, uuids);
      return NO_FAULTS;
    };
  };
}

const NO_FAULTS: ProblemDetail[] = [];

/** Checks requests with `faultFinder`. A fault in the body is 422, one in path, query or headers is 400. */
export function validatorCompiler(
  options: { formats?: Record<string, StringFormat> } = {},
): FastifySchemaCompiler<object> {
  const compile = faultFinder(options.formats);
  return ({ schema, httpPart }) => {
    const faultsOf = compile(schema);
    return (value: unknown) => {
      const errors = faultsOf(value);
      return errors.length === 0 ? { value } : { error: invalid(httpPart, errors) };
    };
  };
}

/** More would help nobody, and make the answer larger than its cause. */
const MAX_ERRORS = 20;

/**
 * RFC 9562 §4, in either case. That of ajv-formats also takes `urn:uuid:…`, and PostgreSQL also takes braces and other
 * hyphens, or none.
 */
const UUID: StringFormat = {
  validate: (value) => /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value),
  message: 'must be a UUID',
  published: { format: 'uuid' },
};

/** The members that are UUIDs: of a path, a query, or a body. No body has one deeper inside. */
function uuidMembers(schema: object): string[] {
  const { properties = {} } = schema as { properties?: Record<string, { format?: string }> };
  return Object.keys(properties).filter((name) => properties[name]?.format === 'uuid');
}

function makeCanonical(value: unknown, uuids: string[]): void {
  const members = (value ?? {}) as Record<string, unknown>;
  for (const name of uuids) {
    const uuid = members[name];
    if (typeof uuid === 'string') members[name] = uuid.toLowerCase();
  }
}

/** 422 `validation_failed`, for rules that a handler checks; the same shape as the schema's. */
export function unprocessable(errors: ProblemDetail[]): Problem {
  return invalid('body', errors);
}

function invalid(httpPart: string | undefined, errors: ProblemDetail[]): Problem {
  return httpPart === 'body'
    ? new Problem(422, 'validation_failed', 'The body breaks the rules named in errors.', { errors })
    : new Problem(
        400,
        'invalid_request',
        `The ${PARTS[httpPart ?? ''] ?? 'request'} is not valid: see errors.`,
        { errors },
      );
}

const PARTS: Record<string, string> = { params: 'path', querystring: 'query', headers: 'header' };

function explain(error: ErrorObject, formats: Record<string, StringFormat>): ProblemDetail {
  const { keyword, instancePath, params } = error;
  if (keyword === 'required')
    return { pointer: `${instancePath}/${escapePointer(params.missingProperty)}`, detail: 'is required' };
  if (keyword === 'additionalProperties') {
    return {
      pointer: `${instancePath}/${escapePointer(params.additionalProperty)}`,
      detail: 'is not known here',
    };
  }
  return { pointer: instancePath, detail: detailOf(error, formats) };
}

/** For people: without a regular expression, and with the words of the document where Ajv has none. */
function detailOf(
  { keyword, params, parentSchema, message }: ErrorObject,
  formats: Record<string, StringFormat>,
) {
  const documented = parentSchema?.description ?? 'see the document';
  const details: Record<string, string | undefined> = {
    format: formats[params.format]?.message,
    pattern: `is not as documented: ${documented}`,
    enum: `must be one of ${params.allowedValues?.join(', ')}`,
  };
  return details[keyword] ?? message ?? 'is not valid';
}

/**
 * RFC 6901 §3. The name is the client's: it is cut, so that an answer is never much larger than its cause, and half of a
 * surrogate pair is replaced, because not every parser would read an answer with one.
 */
function escapePointer(name: string): string {
  return name
    .slice(0, 100)
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
    .replaceAll(/\p{Cs}/gu, '\ufffd');
}
