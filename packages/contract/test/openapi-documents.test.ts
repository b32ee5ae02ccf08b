import { readFileSync } from 'node:fs';
import { exampleFaults } from '@pair/test-kit';
import t from 'tap';
import { openApiDocuments } from '../src/openapi-documents.ts';
import { documentFile, SERVICES } from '../src/openapi-files.ts';

t.test(
  'the documents of packages/contract equal those that the services serve (npm run generate)',
  async (t) => {
    const documents = await openApiDocuments();
    for (const service of SERVICES) {
      t.equal(readFileSync(documentFile(service), 'utf8'), documents[service], service);
    }
  },
);

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  parameters?: { name: string; description?: string }[];
  responses: Record<string, Answer>;
}
interface Answer {
  $ref?: string;
  description: string;
  headers?: Record<string, Described>;
  content?: Record<string, Media>;
}
interface Described {
  description?: string;
  schema?: { examples?: unknown };
}
interface Media {
  example?: unknown;
  examples?: unknown;
  schema?: { examples?: unknown };
}

/** The paths of the members of schemas that have no description. */
function undescribed(node: unknown, path: string): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties, example, examples, ...rest } = node as Record<string, unknown>;
  const members = Object.entries((properties ?? {}) as Record<string, Described & { $ref?: string }>);
  return [
    ...members
      .filter(([, { description, $ref }]) => !description && !$ref)
      .map(([name]) => `${path}: ${name}`),
    ...members.flatMap(([name, member]) => undescribed(member, `${path}/${name}`)),
    ...Object.entries(rest).flatMap(([name, value]) => undescribed(value, `${path}/${name}`)),
  ];
}

t.test(
  'every operation, parameter, member and header has a description, every answer has an example',
  async (t) => {
    for (const [service, text] of Object.entries(await openApiDocuments())) {
      const { paths, components, tags } = JSON.parse(text);
      const resolved = (header: Described & { $ref?: string }): Described =>
        header.$ref === undefined ? header : components.headers[header.$ref.split('/').at(-1) ?? ''];
      const known = tags.map(({ name }: { name: string }) => name);
      t.same(undescribed(components, service), []);
      for (const [path, operations] of Object.entries<Record<string, Operation>>(paths)) {
        for (const [method, operation] of Object.entries(operations)) {
          const name = `${method} ${path}`;
          t.match(operation.operationId, /^[a-z]+[A-Za-z]+$/, name);
          t.ok(operation.summary, name);
          t.ok(
            operation.tags?.every((tag) => known.includes(tag)),
            `${name}: ${operation.tags}`,
          );
          t.same(undescribed(operation, name), []);
          for (const parameter of operation.parameters ?? [])
            t.ok(parameter.description, `${name}: ${parameter.name}`);
          for (const [status, answer] of Object.entries(operation.responses)) {
            const shared: Answer | undefined = components.responses[answer.$ref?.split('/').at(-1) ?? ''];
            const { description, headers = {}, content = {} } = shared ?? answer;
            // the text of @fastify/swagger for a schema without a description
            t.not(description, 'Default Response', `${name} ${status}`);
            t.ok('X-Request-Id' in headers, `${name} ${status}: X-Request-Id`);
            for (const [header, described] of Object.entries(headers)) {
              const { description, schema } = resolved(described);
              t.ok(description && schema?.examples, `${name} ${status} ${header}`);
            }
            for (const [type, { example, examples, schema }] of Object.entries(content)) {
              t.ok(example ?? examples ?? schema?.examples, `${name} ${status} ${type}: an example`);
            }
          }
        }
      }
    }
  },
);

/** The formats that JSON Schema and OpenAPI define, and that every client knows. */
const FORMATS = ['date', 'date-time', 'password', 'uri', 'uuid'];
const OF_FIXED_LENGTH = ['date', 'date-time', 'uuid'];

type Schema = Record<string, unknown>;

/** All schemas with a type in a part of a document, by JSON Pointer; `schemas` are those it may refer to. */
function* schemasIn(
  node: unknown,
  pointer: string,
  schemas: Record<string, Schema> = {},
): Generator<[pointer: string, schema: Schema]> {
  if (typeof node !== 'object' || node === null) return;
  const { $ref } = node as { $ref?: string };
  const schema = schemas[$ref?.split('/').at(-1) ?? ''] ?? (node as Schema);
  if (typeof schema.type === 'string' || Array.isArray(schema.type)) yield [pointer, schema];
  for (const [name, member] of Object.entries(schema)) {
    if (name !== 'example' && name !== 'examples') yield* schemasIn(member, `${pointer}/${name}`, schemas);
  }
}

function isLimited({ type, ...schema }: Schema): boolean {
  const types = [type].flat();
  if (types.includes('string')) {
    const { format, pattern = '' } = schema;
    return (
      ['maxLength', 'enum', 'const'].some((limit) => limit in schema) ||
      OF_FIXED_LENGTH.includes(String(format)) ||
      /^\^(?!.*([*+]|,\}))/.test(String(pattern).replaceAll(/\[[^\]]*\]/g, '.')) // in a class + is a plus
    );
  }
  return !types.includes('integer') || ('minimum' in schema && 'maximum' in schema);
}

t.test(
  'every value of a request has a documented limit, and every format is one that all clients know',
  async (t) => {
    for (const [service, text] of Object.entries(await openApiDocuments())) {
      const document = JSON.parse(text);
      for (const [path, operations] of Object.entries<Record<string, Schema>>(document.paths)) {
        for (const [method, { parameters, requestBody }] of Object.entries(operations)) {
          for (const [pointer, schema] of schemasIn(
            { parameters, requestBody },
            `${method} ${path}`,
            document.components.schemas,
          )) {
            t.ok(isLimited(schema), pointer);
          }
        }
      }
      for (const [pointer, { format }] of schemasIn(document, service)) {
        if (format !== undefined) t.ok(FORMATS.includes(String(format)), `${pointer}: ${format}`);
      }
      t.same(exampleFaults(document).faults, []);
    }
  },
);

t.test('the documents are the same in each run', async (t) => {
  t.same(await openApiDocuments(), await openApiDocuments());
});

t.test(
  'the schema of every body in JSON or of a form has a name, which a generated client gives to its type',
  async (t) => {
    const documents = await openApiDocuments();
    const names = (service: 'auth' | 'customers') =>
      Object.keys(JSON.parse(documents[service]).components.schemas);
    t.same(names('customers').sort(), [
      'Customer',
      'CustomerPage',
      'CustomerPatch',
      'ImportProblem',
      'ImportReport',
      'LineProblem',
      'NewCustomer',
      'Problem',
      'ProblemDetail',
      'ProtectedResourceMetadata',
    ]);
    for (const name of [
      'Credentials',
      'NewUser',
      'OAuthError',
      'SessionList',
      'TokenResponse',
      'Tokens',
      'UserPage',
    ]) {
      t.ok(names('auth').includes(name), name);
    }
    for (const text of Object.values(documents)) {
      for (const [path, operations] of Object.entries<Record<string, BodyHolder>>(JSON.parse(text).paths)) {
        for (const { requestBody, responses } of Object.values(operations)) {
          for (const { content = {} } of [requestBody ?? {}, ...Object.values(responses)]) {
            for (const [type, { schema }] of Object.entries(content)) {
              if (/[/+](?:json|x-www-form-urlencoded)$/.test(type)) t.ok(schema.$ref, `${path} ${type}`);
            }
          }
        }
      }
    }
  },
);

interface BodyHolder {
  requestBody?: Bodies;
  responses: Record<string, Bodies>;
}
interface Bodies {
  content?: Record<string, { schema: { $ref?: string } }>;
}
