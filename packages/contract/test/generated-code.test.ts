import t from 'tap';
import { openApiDocuments } from '../src/openapi-documents.ts';

// the properties of the documents on which the quality of generated clients and servers depends

type Schema = Record<string, unknown>;
interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}
interface Operation {
  parameters?: Parameter[];
  responses: Record<string, Answer>;
}
interface Answer {
  $ref?: string;
  headers?: Schema;
}
interface Document {
  components: { schemas: Record<string, Schema> };
  paths: Record<string, Record<string, Operation>>;
}

const documents = Object.entries(await openApiDocuments()).map(
  ([service, text]): [service: string, document: Document] => [service, JSON.parse(text)],
);

const operations = documents.flatMap(([service, document]) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method} ${path}`,
      service,
      ...operation,
    })),
  ),
);

t.test('numbers and booleans of a query have their type, although a service receives text', async (t) => {
  const types: Record<string, unknown> = {
    n: 'integer',
    limit: 'integer',
    bom: 'boolean',
    dry_run: 'boolean',
  };
  const found = new Set<string>();
  for (const { name: operation, parameters = [] } of operations) {
    for (const { name, schema } of parameters.filter((parameter) => parameter.in === 'query')) {
      const { type, minimum, maximum, enum: values = [], pattern = '' } = schema;
      if (name in types) {
        found.add(name);
        t.equal(type, types[name], `${operation}: ${name}`);
      }
      if (type === 'integer') t.match([minimum, maximum], [Number, Number], `${operation}: ${name}`);
      t.notOk([values].flat().includes('true'), `${operation}: ${name} is a boolean`);
      t.notMatch(pattern, /^\^[(?:]*\[[01]-9\]/, `${operation}: ${name} is an integer`);
    }
  }
  t.same([...found].sort(), Object.keys(types).sort());
});

/** All schemas in a part of a document, by JSON Pointer. */
function* schemasIn(node: unknown, pointer: string): Generator<[pointer: string, schema: Schema]> {
  if (typeof node !== 'object' || node === null) return;
  const { type } = node as Schema;
  if (typeof type === 'string' || Array.isArray(type)) yield [pointer, node as Schema];
  for (const [name, member] of Object.entries(node)) {
    if (name !== 'example' && name !== 'examples') yield* schemasIn(member, `${pointer}/${name}`);
  }
}

const schemas = documents.flatMap(([service, document]) => [...schemasIn(document, service)]);

t.test('every array has a limit', async (t) => {
  const arrays = schemas.filter(([, { type }]) => [type].flat().includes('array'));
  t.ok(arrays.length > 10);
  for (const [pointer, { maxItems }] of arrays) t.match(maxItems, Number, pointer);
});

t.test('every object in a body, a parameter or a member is a named schema', async (t) => {
  const objects = schemas.filter(([, { type }]) => [type].flat().includes('object'));
  t.ok(objects.length > 20);
  for (const [pointer] of objects) t.match(pointer, /^[a-z]+\/components\/schemas\/[A-Z][A-Za-z]+$/, pointer);
});

t.test('headers are spelled as in their RFCs', async (t) => {
  const names = operations.flatMap(({ parameters = [], responses }) => [
    ...parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name),
    ...Object.values(responses).flatMap(({ headers = {} }) => Object.keys(headers)),
  ]);
  t.same([...new Set(names)].sort(), [
    'Accept',
    'Accept-Encoding',
    'Accept-Patch',
    'Accept-Post',
    'Content-Disposition',
    'ETag',
    'Idempotency-Key',
    'If-Match',
    'If-None-Match',
    'Link',
    'Location',
    'Retry-After',
    'WWW-Authenticate',
    'X-Request-Id',
  ]);
});
