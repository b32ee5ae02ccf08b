// `npm run generate` writes anew what is made from the services: the OpenAPI documents, and what is made of those. Tests
// say when that is needed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, installDependencies, ROOT, refuse, requireNode, say } from './workspace.mjs';

const STEPS = [
  'packages/contract/dist/write-openapi-documents.js',
  'packages/contract/src/generate-types.mjs',
  'packages/contract/src/postman/generate.mjs',
];

requireNode();
installDependencies();
if (!build(['packages/contract'])) refuse('The build failed: see the lines above.');
for (const step of STEPS) {
  say(step);
  const { status } = spawnSync(process.execPath, [join(ROOT, step)], { stdio: 'inherit' });
  if (status !== 0) refuse(`${step} failed.`);
}
