import { readFileSync } from 'node:fs';
import t from 'tap';
import { openApiDocuments } from '../src/openapi-documents.ts';

t.test('the documents of packages/client are those that the services serve (npm run generate)', async (t) => {
  for (const [service, document] of Object.entries(await openApiDocuments())) {
    const file = new URL(`../../client/openapi/${service}.json`, import.meta.url);
    t.equal(readFileSync(file, 'utf8'), document, service);
  }
});

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  parameters?: { name: string; description?: string }[];
  responses: Record<string, Answer>;
}
interface Answer {
  description: string;
  headers?: Record<string, Described>;
  content?: Record<string, Media>;
}
interface Described {
  description?: string;
}
interface Media {
  example?: unknown;
  examples?: unknown;
  schema?: { examples?: unknown };
}

/** Where members of schemas have no description. */
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
  'every operation, parameter, member and header says what it is, every answer has an example',
  async (t) => {
    for (const [service, text] of Object.entries(await openApiDocuments())) {
      const { paths, components, tags } = JSON.parse(text);
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
            const { description, headers = {}, content = {} } = answer;
            // what @fastify/swagger says of a schema that says nothing
            t.not(description, 'Default Response', `${name} ${status}`);
            for (const [header, described] of Object.entries(headers))
              t.ok(described.description, `${name} ${status} ${header}`);
            for (const [type, { example, examples, schema }] of Object.entries(content)) {
              t.ok(example ?? examples ?? schema?.examples, `${name} ${status} ${type}: an example`);
            }
          }
        }
      }
    }
  },
);

t.test('the documents are the same each time', async (t) => {
  t.same(await openApiDocuments(), await openApiDocuments());
});
