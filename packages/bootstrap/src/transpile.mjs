import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workspace.mjs';

/**
 * Compiles the folder `test` of a package to JavaScript in its folder `.test`. A loader in each test process would cost
 * each file a second or two. Both folders are equally deep, so what is relative to a test stays where it is.
 * @param {string} folder of a package, from the root
 * @returns {Promise<boolean>} whether the syntax is right
 */
export function transpileTests(folder) {
  return transpile(join(ROOT, folder, 'test'), join(ROOT, folder, '.test'));
}

/**
 * Compiles the sources of a package in a few milliseconds, because nothing checks the types. The next build checks them.
 * @param {string} folder of a package, from the root
 * @returns {Promise<boolean>} whether the syntax is right
 */
export function transpileSources(folder) {
  // tsc knows its output by the sources: once they are as before, it would leave the output of this function in place
  rmSync(join(ROOT, folder, 'dist', '.tsbuildinfo'), { force: true });
  return transpile(join(ROOT, folder, 'src'), join(ROOT, folder, 'dist'));
}

/**
 * Compiles each TypeScript file of a folder. esbuild prints what is wrong.
 * @param {string} source
 * @param {string} target
 */
async function transpile(source, target) {
  const { build } = await import('esbuild');
  const entryPoints = readdirSync(source, { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(source, name));
  try {
    await build({
      entryPoints,
      outbase: source,
      outdir: target,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      // nothing is bundled, but only a bundler resolves imports
      bundle: true,
      packages: 'external',
      plugins: [{ name: 'compiled imports', setup: importWhatIsCompiled }],
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * Compiled files import each other, and the compiled sources.
 * @param {import('esbuild').PluginBuild} build
 */
function importWhatIsCompiled({ onResolve }) {
  onResolve({ filter: /^\.\.?\// }, ({ path }) => ({ path: compiledPath(path), external: true }));
}

/** @param {string} path of a relative import */
function compiledPath(path) {
  if (!path.endsWith('.ts')) return path;
  return path.replace(/^((?:\.\.\/)+)src\//, '$1dist/').replace(/\.ts$/, '.js');
}

/**
 * Where the compiled form of a test is.
 * @param {string} file from the root, in the folder `test` of a package
 */
export function compiledTest(file) {
  const [kind = '', name = '', , ...rest] = file.split('/');
  return join(kind, name, '.test', ...rest).replace(/\.ts$/, '.js');
}
