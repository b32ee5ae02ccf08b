// `npm run generate` renews the files that are generated from the services: the OpenAPI documents, and from these the
// client's types and the Postman collection; and the page /replay. A test fails when such a file is out of date.
import { readArguments } from './arguments.mjs';
import { build, installDependencies, load, refuse, requireNode } from './workspace.mjs';

requireNode();
readArguments(
  "Usage: npm run generate    renews the OpenAPI documents, the client's types, the Postman collection and the page /replay",
);
installDependencies();
if (!build(['packages/contract'])) refuse('The build failed: see the lines above.');
await load('packages/contract/dist/generate.js');
