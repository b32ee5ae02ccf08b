import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import openapiTypes, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { readDocument, type Service } from './openapi-files.ts';

/** The path of the client's file with the types of a service. */
export function typesFile(service: Service): string {
  return join(ROOT, 'packages/client/src/generated', `${service}.ts`);
}

/** The text of the client's file with the types of a service. */
export async function typesOf(service: Service): Promise<string> {
  const document = readDocument(service) as unknown as OpenAPI3;
  const types = astToString(await openapiTypes(document));
  return `// Generated from packages/contract/openapi/${service}.json by \`npm run generate\`.\n\n${types}`;
}
