// `npm run generate`: the types of the client, from the documents in openapi/.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '@pair/bootstrap';
import openapiTypes, { astToString, NUMBER } from 'openapi-typescript';

export const DOCUMENTS = ['auth', 'customers'];

/** @param {string} name of a document */
export function typesFile(name) {
  return join(ROOT, 'packages/client/src/generated', `${name}.ts`);
}

/**
 * @param {string} name of a document
 * @returns {Promise<string>} what belongs in its file
 */
export async function typesOf(name) {
  const document = JSON.parse(readFileSync(new URL(`../openapi/${name}.json`, import.meta.url), 'utf8'));
  const types = astToString(await openapiTypes(document, { transform: integerInQuery }));
  return `// Made of packages/contract/openapi/${name}.json by \`npm run generate\`.\n\n${types}`;
}

/** Digits, to a service: it takes what is in a query as text, and a pattern says which. */
function integerInQuery({ type, pattern }) {
  return type === 'string' && /^\^\((\?:)?\[1-9\]/.test(pattern) ? NUMBER : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of DOCUMENTS) writeFileSync(typesFile(name), await typesOf(name));
}
