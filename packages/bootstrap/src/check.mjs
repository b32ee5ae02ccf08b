// `npm run check`: the types of all sources and tests, and the lint.
import { allProjects, build, installDependencies, requireNode, runTool } from './workspace.mjs';

requireNode();
installDependencies();
const isRight = [build(allProjects()), runTool('biome', ['check', '.'])].every(Boolean);
process.exitCode = isRight ? 0 : 1;
