import { readFileSync } from 'node:fs';
import t from 'tap';
import { typesFile, typesOf } from '../src/client-types.ts';
import { SERVICES } from '../src/openapi-files.ts';

t.test('the types agree with the documents: `npm run generate` changes nothing', async (t) => {
  for (const name of SERVICES) {
    t.equal(readFileSync(typesFile(name), 'utf8'), await typesOf(name), name);
  }
});
