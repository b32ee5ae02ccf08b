// `npm run generate`: writes the OpenAPI documents, the files generated from them, and those of the page /replay.
import { writeFileSync } from 'node:fs';
import { typesFile, typesOf } from './client-types.ts';
import { openApiDocuments } from './openapi-documents.ts';
import { documentFile, SERVICES } from './openapi-files.ts';
import { FILE_NAMES, postmanFile, postmanFiles } from './postman/postman-files.ts';
import { REPLAY_FILES, replayFile, replayFiles } from './replay/replay-files.ts';

const documents = await openApiDocuments();
for (const service of SERVICES) writeFileSync(documentFile(service), documents[service]);
for (const service of SERVICES) writeFileSync(typesFile(service), await typesOf(service));
const files = await postmanFiles();
for (const name of FILE_NAMES) writeFileSync(postmanFile(name), files[name]);
const pages = await replayFiles();
for (const name of REPLAY_FILES) writeFileSync(replayFile(name), pages[name]);
