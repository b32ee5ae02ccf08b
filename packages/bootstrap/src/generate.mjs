// `npm run generate` writes anew what is made from the services: the OpenAPI documents, and what is made of those. Tests
// say when that is needed.
import { build, installDependencies, load, refuse, requireNode } from './workspace.mjs';

requireNode();
installDependencies();
if (!build(['packages/contract'])) refuse('The build failed: see the lines above.');
await load('packages/contract/dist/generate.js');
