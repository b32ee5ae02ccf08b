// Writes nginx/html/docs/postman.json and postman-environment.json: the operations of both OpenAPI documents, in the order of
// plan.mjs, with scripts that sign in, refresh, and test each answer.
import { writeFileSync } from 'node:fs';
import { postmanFiles } from './postman-files.mjs';

for (const [name, text] of Object.entries(await postmanFiles())) {
  writeFileSync(new URL(`../../../nginx/html/docs/${name}`, import.meta.url), text);
}
