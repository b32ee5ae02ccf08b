import { readFileSync } from 'node:fs';
import t from 'tap';
import { readDocument, SERVICES } from '../src/openapi-files.ts';
import { FILE_NAMES, postmanFile, postmanFiles } from '../src/postman/postman-files.ts';

interface Parameter {
  key: string;
  value: string;
  description?: string;
  disabled?: boolean;
}
interface Request {
  method: string;
  header: Parameter[];
  url: { path: string[]; query?: Parameter[]; variable?: Parameter[] };
}
interface Item {
  name: string;
  request: Request;
  event: { listen: string; script: { exec: string[] } }[];
}
interface Collection {
  info: { description: string };
  item: { name: string; description?: string; item: Item[] }[];
}

const LISTS = { query: 'query', path: 'variable' } as const;

const files = await postmanFiles();
const { info, item: folders } = JSON.parse(files['postman.json']) as Collection;
const requests = folders.flatMap(({ item }) => item.map(({ request }) => request));

const operations = SERVICES.flatMap((service) =>
  Object.entries(readDocument(service).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      ...operation,
    })),
  ),
);

function requestsOf(name: string): Request[] {
  return requests.filter(
    ({ method, url }) => `${method} /${url.path.join('/').replaceAll(/:(\w+)/g, '{$1}')}` === name,
  );
}

t.test('the files agree with the documents: `npm run generate` changes nothing', async (t) => {
  for (const name of FILE_NAMES) {
    t.equal(readFileSync(postmanFile(name), 'utf8'), files[name], name);
  }
});

t.test('every operation of both documents is in the collection', async (t) => {
  for (const { name } of operations) t.not(requestsOf(name).length, 0, name);
});

t.test('every request has a test of its status, and another test', async (t) => {
  for (const { name, event } of folders.flatMap(({ item }) => item)) {
    const script = event.find(({ listen }) => listen === 'test')?.script.exec.join('\n') ?? '';
    const [, status, ...others] = script.split('pm.test(');
    t.match(status, /^"\d{3}.*, as documented"/, name);
    t.not(others.length, 0, name);
  }
});

t.test('a request has every parameter with its description; an optional one may be disabled', async (t) => {
  for (const { name, parameters = [] } of operations) {
    for (const request of requestsOf(name)) {
      for (const { in: place, name: parameter, required, description = '' } of parameters) {
        const list = place === 'header' ? request.header : (request.url[LISTS[place]] ?? []);
        const found = list.find(({ key }) => key.toLowerCase() === parameter.toLowerCase());
        t.ok(found?.description?.includes(description), `${name}: ${parameter}`);
        if (required) t.ok(found?.value && !found.disabled, `${name}: ${parameter} has a value`);
      }
    }
  }
});

t.test('an optional parameter is disabled unless the request is about it', async (t) => {
  const [, youngest] = folders.find(({ name }) => name === 'Customers')?.item ?? [];
  const enabled = youngest?.request.url.query?.filter(({ disabled }) => !disabled);
  t.match(enabled, [{ key: 'n', value: '5' }]);
  t.equal(enabled?.length, 1);
});

t.test('the files name the variables to set, and the purpose of each folder', async (t) => {
  t.match(
    info.description,
    /`base_url`.*http:\/\/localhost:8080.*http:\/\/localhost`.*`username`.*`password`/,
  );
  const { description, values } = JSON.parse(files['postman-environment.json']) as {
    description: string;
    values: Parameter[];
  };
  t.match(description, /Set base_url.* password/);
  for (const { key, description } of values) t.ok(description, key);
  for (const { name, description = '' } of folders) t.match(description, /^[A-Z].*\.$/, name);
});
