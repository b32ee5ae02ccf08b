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
}
interface Document {
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
