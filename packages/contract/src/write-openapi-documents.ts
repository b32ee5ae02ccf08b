import { writeFileSync } from 'node:fs';
import { openApiDocuments } from './openapi-documents.ts';

for (const [service, document] of Object.entries(await openApiDocuments())) {
  writeFileSync(new URL(`../openapi/${service}.json`, import.meta.url), document);
}
