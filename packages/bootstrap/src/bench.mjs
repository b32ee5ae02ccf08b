// `npm run bench` measures every request beside its ceilings, in one run of less than ten minutes. It needs pgbench.
import { readArguments } from './arguments.mjs';
import { build, installDependencies, load, refuse, requireNode, workspaces } from './workspace.mjs';

requireNode();
readArguments(
  'Usage: npm run bench    measures every request beside its ceilings, in five minutes; needs pgbench',
);
installDependencies();
if (!build(workspaces())) refuse('The build failed: see the lines above.');
await load('packages/bench/dist/bench.js');
