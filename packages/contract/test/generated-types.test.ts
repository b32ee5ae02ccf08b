import { readFileSync } from 'node:fs';
import t from 'tap';
import { DOCUMENTS, typesFile, typesOf } from '../src/generate-types.mjs';

t.test('the types are those of the documents: `npm run generate` changes nothing', async (t) => {
  for (const name of DOCUMENTS) {
    t.equal(readFileSync(typesFile(name), 'utf8'), await typesOf(name), name);
  }
});
