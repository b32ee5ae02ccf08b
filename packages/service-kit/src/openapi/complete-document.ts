import { isDeepStrictEqual } from 'node:util';
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { StringFormat } from '../problems/validation.ts';
import { addCommonHeaders } from './common-headers.ts';
import { spellHeaders } from './header-names.ts';
import { withSharedResponses } from './shared-responses.ts';

export type OpenapiDocument = NonNullable<FastifyDynamicSwaggerOptions['openapi']>;

/**
 * Adds the parts of a document for which @fastify/swagger has no option, and names its schemas.
 *
 * @throws when two different schemas have the same title
 */
export function completeDocument<Made extends Partial<OpenapiDocument>>(
  made: Made,
  formats: Record<string, StringFormat>,
): Made {
  return withSharedResponses(withNamedSchemas(completed(withPublished(formats, made))));
}

interface Operation {
  security?: object[];
  requestBody?: { required?: boolean; content: Record<string, { schema: { type?: string | string[] } }> };
  parameters?: { name: string; in: string; example?: unknown }[];
  responses: Record<string, { headers?: Record<string, Header>; content?: Record<string, Media> }>;
}
interface Header {
  required?: boolean;
  schema: { required?: boolean };
}
interface Media {
  schema?: { title?: string; examples?: unknown[] };
  examples?: Record<string, { value: { instance?: string } }>;
}

/** Returns a copy, because the validator uses the schemas in the original. */
function withPublished<Value>(formats: Record<string, StringFormat>, value: Value): Value {
  if (Array.isArray(value)) return value.map((one) => withPublished(formats, one)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const { format, ...rest } = value as { format?: unknown };
  const own = typeof format === 'string' ? (formats[format]?.published ?? { format }) : {};
  const members = Object.entries(rest).map(([name, member]) => [name, withPublished(formats, member)]);
  return { ...Object.fromEntries(members), ...own } as Value;
}

/** Adds the parts of a document for which @fastify/swagger has no option. */
function completed<Made extends { paths?: object }>(document: Made): Made {
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const operation of Object.values<Operation>(operations)) {
      operation.security ??= []; // public
      markOptionalBody(operation);
      liftRequiredOfHeaders(operation);
      spellHeaders(operation);
      nameInstances(operation, path);
      addCommonHeaders(operation);
    }
  }
  return document;
}

/** A request may omit a body whose schema allows `null`. */
function markOptionalBody({ requestBody }: Operation): void {
  const bodies = Object.values(requestBody?.content ?? {});
  const isOptional = bodies.some(({ schema }) => [schema.type].flat().includes('null'));
  if (requestBody !== undefined && isOptional) requestBody.required = false;
}

/** @fastify/swagger leaves `required` of a header in its schema; OpenAPI expects it in the header itself. */
function liftRequiredOfHeaders({ responses }: Operation): void {
  for (const header of Object.values(responses).flatMap(({ headers = {} }) => Object.values(headers))) {
    const { required, ...schema } = header.schema;
    Object.assign(header, { required, schema });
  }
}

/** Sets the path of the operation in the examples of problems. */
function nameInstances({ parameters = [], responses }: Operation, path: string): void {
  const instance = path.replaceAll(/\{(\w+)\}/g, (template, name) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    return String(parameter?.example ?? template);
  });
  for (const { content } of Object.values(responses)) {
    for (const { value } of Object.values(content?.['application/problem+json']?.examples ?? {})) {
      if ('instance' in value) value.instance = instance;
    }
  }
}

/**
 * Moves each schema with a `title` to the components, under that title, because generators of clients name types after the
 * components.
 *
 * @throws when two different schemas have the same title
 */
function withNamedSchemas<Made extends Partial<OpenapiDocument>>(document: Made): Made {
  const schemas: Record<string, object> = {};
  lift(document.components?.schemas, schemas);
  const paths = lift(document.paths, schemas);
  return { ...document, paths, components: { ...document.components, schemas } };
}

function lift<Value>(value: Value, schemas: Record<string, object>): Value {
  if (Array.isArray(value)) return value.map((one) => lift(one, schemas)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const schema = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'example' || name === 'examples' ? member : lift(member, schemas),
    ]),
  );
  const { title } = schema;
  if (typeof title !== 'string') return withExampleOfSchema(schema, value as Media) as Value;
  const known = schemas[title];
  if (known !== undefined && !isDeepStrictEqual(withoutExamples(known), withoutExamples(schema))) {
    throw new Error(`Two schemas are called ${title}: give one another title.`);
  }
  schemas[title] = { ...known, ...schema };
  return { $ref: `#/components/schemas/${title}` } as Value;
}

/** Copies the example of a moved schema to the media type, because not every tool looks for it in the components. */
function withExampleOfSchema(media: object, { schema }: Media): object {
  const [example] = schema?.title === undefined ? [] : (schema.examples ?? []);
  return example === undefined ? media : { example, ...media };
}

/** Ignores examples, because @fastify/swagger moves those of some schemas to the media type. */
function withoutExamples({ examples, ...schema }: { examples?: unknown }): object {
  return schema;
}
