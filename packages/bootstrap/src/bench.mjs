// `npm run bench` measures every request beside its ceilings, in one run of less than ten minutes. It needs pgbench.
import { build, installDependencies, load, refuse, requireNode, workspaces } from './workspace.mjs';

requireNode();
installDependencies();
if (!build(workspaces())) refuse('The build failed: see the lines above.');
await load('packages/bench/dist/bench.js');
