import { readFileSync } from 'node:fs';
import t from 'tap';
import { DOCUMENTS } from '../generate-types.mjs';
import { postmanFiles } from '../postman/postman-files.mjs';

interface Collection {
  item: { item: { request: { method: string; url: { path: string[] } } }[] }[];
}

const FOLDER = new URL('../../../nginx/html/docs/', import.meta.url);

const files = await postmanFiles();

t.test('the files are what is made of the documents: `npm run generate` changes nothing', async (t) => {
  for (const [name, text] of Object.entries(files)) {
    t.equal(readFileSync(new URL(name, FOLDER), 'utf8'), text, name);
  }
});

t.test('every operation of both documents is in the collection', async (t) => {
  const { item: folders } = JSON.parse(files['postman.json']) as Collection;
  const requests = folders.flatMap(({ item }) => item.map(({ request }) => request));
  const present = requests.map(
    ({ method, url }) => `${method} /${url.path.join('/').replaceAll(/\{\{\w+\}\}/g, '{id}')}`,
  );
  for (const service of DOCUMENTS) {
    const file = new URL(`../openapi/${service}.json`, import.meta.url);
    const { paths } = JSON.parse(readFileSync(file, 'utf8'));
    for (const [path, operations] of Object.entries<object>(paths)) {
      for (const method of Object.keys(operations)) {
        t.ok(present.includes(`${method.toUpperCase()} ${path}`), `${method} ${path}`);
      }
    }
  }
});
