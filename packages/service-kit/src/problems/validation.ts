import { Ajv, type ErrorObject } from 'ajv';
import ajvFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import { Problem, type ProblemDetail } from './problem.ts';

/** A rule for which JSON Schema has no keyword, used as `Type.String({ format: name })`. */
export interface StringFormat {
  validate(value: string): boolean;
  /** The error text for a client; completes the sentence "the value …". */
  message: string;
  /** The rule in an OpenAPI document, in the keywords of JSON Schema: no client knows the name of the format. */
  published: {
    format?: string;
    minLength?: number;
    maxLength?: number;
    pattern?: string;
    /** The type that the text of a query stands for. */
    type?: 'integer' | 'boolean';
    minimum?: number;
    maximum?: number;
  };
}

/**
 * Compiles schemas to functions that find all faults of a value, up to twenty. They coerce, fill in and drop nothing. A
 * member that the schema does not name is a fault if the schema says `additionalProperties: false`.
 *
 * A value without faults has one change: its UUIDs become lower case. PostgreSQL reads a UUID in any case, but Redis, a Map
 * and `===` do not. With the client's spelling a handler would find the row and miss everything else under that id.
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

/** Validates requests with `faultFinder`. A fault in the body is 422; a fault in path, query or headers is 400. */
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

/** More faults would help no client, and would make the answer larger than the request. */
export const MAX_ERRORS = 20;

/**
 * RFC 9562 §4, in either case. The format of ajv-formats also accepts `urn:uuid:…`. PostgreSQL also accepts braces, and
 * hyphens in other places or none.
 */
const UUID: StringFormat = {
  validate: (value) => /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value),
  message: 'must be a UUID',
  published: { format: 'uuid' },
};

/** Returns the names of the UUID members of a path, a query or a body. No body has a UUID on a deeper level. */
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

/** Makes the 422 `validation_failed` for rules that a handler checks, in the same form as the errors of a schema. */
export function unprocessable(errors: ProblemDetail[]): Problem {
  return invalid('body', errors);
}

function invalid(httpPart: string | undefined, errors: ProblemDetail[]): Problem {
  return httpPart === 'body'
    ? new Problem(422, 'validation_failed', 'The body is not valid: see errors.', { errors })
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

/** Explains a fault for people, without a regular expression: for a pattern it repeats the description in the document. */
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
 * Escapes the name of a member for a JSON Pointer (RFC 6901 §3). The name comes from the client. A long name is cut, so that
 * an answer is never much larger than the request. Half of a surrogate pair is replaced, because not every parser reads it.
 */
function escapePointer(name: string): string {
  return name
    .slice(0, 100)
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
    .replaceAll(/\p{Cs}/gu, '\ufffd');
}
