// Writes nginx/html/docs/postman.json and postman-environment.json: the operations of both OpenAPI documents, in the order of
// plan.mjs, with scripts that sign in, refresh, and test each answer.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { postmanFiles } from './postman-files.mjs';

for (const [name, text] of Object.entries(await postmanFiles())) {
  writeFileSync(join(ROOT, 'nginx/html/docs', name), text);
}
