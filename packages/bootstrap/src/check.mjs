// `npm run check`: the types of all sources and tests, and the lint.
import { readArguments } from './arguments.mjs';
import { allProjects, build, installDependencies, requireNode, runTool } from './workspace.mjs';

requireNode();
readArguments('Usage: npm run check    checks the types of all sources and tests, and lints');
installDependencies();
const isRight = [build(allProjects()), runTool('biome', ['check', '.'])].every(Boolean);
process.exitCode = isRight ? 0 : 1;
