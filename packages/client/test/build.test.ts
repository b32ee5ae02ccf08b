import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import t from 'tap';

/** The promises of README.md. */
const MAX_BYTES = 3_400;
const MAX_BYTES_WITH_DPOP = 5_000;

const { outputFiles, metafile } = await build({
  entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  external: ['openapi-fetch', 'dpop'],
  outdir: 'dist',
  write: false,
  metafile: true,
});
const outputs = outputFiles.map(({ path, contents }) => {
  const found = Object.entries(metafile.outputs).find(([name]) => path.endsWith(name));
  return { path: found?.[0], imports: [], ...found?.[1], bytes: gzipSync(contents).byteLength };
});
type Output = (typeof outputs)[number];

/** The files that a page loads with the client: all but those that the client imports later. */
function loadedAtOnce(file = outputs.find(({ entryPoint }) => entryPoint?.endsWith('/index.ts'))): Output[] {
  const imported = file?.imports.filter(({ kind }) => kind === 'import-statement') ?? [];
  const files = outputs.filter(({ path }) => imported.some((each) => each.path === path));
  return file === undefined ? [] : [file, ...files.flatMap((each) => loadedAtOnce(each))];
}

function packagesOf(files: { imports: Metafile['outputs'][string]['imports'] }[]): string[] {
  const external = files.flatMap(({ imports }) => imports.filter((each) => each.external));
  return [...new Set(external.map(({ path }) => path))].sort();
}

const sizeOf = (files: Output[]) => files.reduce((sum, { bytes }) => sum + bytes, 0);

t.test('the client is small, and needs nothing but openapi-fetch', async (t) => {
  const files = loadedAtOnce();
  const bytes = sizeOf(files);
  t.comment(`${bytes} bytes, minified and gzipped, beside openapi-fetch`);
  t.ok(bytes > 0 && bytes < MAX_BYTES, `${bytes} bytes`);
  t.same(packagesOf(files), ['openapi-fetch']);
});

t.test('the client loads the code for DPoP with its first use, and is small with it', async (t) => {
  const bytes = sizeOf(outputs);
  t.comment(`${bytes} bytes, minified and gzipped, beside openapi-fetch and dpop`);
  t.ok(bytes > sizeOf(loadedAtOnce()) && bytes < MAX_BYTES_WITH_DPOP, `${bytes} bytes`);
  t.same(packagesOf(outputs), ['dpop', 'openapi-fetch']);
});
