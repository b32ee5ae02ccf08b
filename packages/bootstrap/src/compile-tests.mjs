import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './workspace.mjs';

/**
 * Compiles the folder `test` of a package to JavaScript in its folder `.test`. A loader in each test process would cost
 * each file a second or two. Both folders are equally deep, so relative paths in a test stay right.
 * @param {string} folder of a package, from the root
 * @returns {Promise<boolean>} whether it succeeded; esbuild prints the errors
 */
export async function compileTests(folder) {
  const source = join(ROOT, folder, 'test');
  const target = join(ROOT, folder, '.test');
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
      // every import stays external; esbuild calls the plugin below only when it bundles
      bundle: true,
      packages: 'external',
      plugins: [{ name: 'compiled imports', setup: importCompiledFiles }],
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes the compiled tests import the compiled sources, and each other.
 * @param {import('esbuild').PluginBuild} build
 */
function importCompiledFiles({ onResolve }) {
  onResolve({ filter: /^\.\.?\// }, ({ path }) => ({ path: compiledPath(path), external: true }));
}

/** @param {string} path of a relative import */
function compiledPath(path) {
  if (!path.endsWith('.ts')) return path;
  return path.replace(/^((?:\.\.\/)+)src\//, '$1dist/').replace(/\.ts$/, '.js');
}

/**
 * The path of a compiled test.
 * @param {string} file from the root, in the folder `test` of a package
 */
export function compiledTest(file) {
  const [kind = '', name = '', , ...rest] = file.split('/');
  return join(kind, name, '.test', ...rest).replace(/\.ts$/, '.js');
}
