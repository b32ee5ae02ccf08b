import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import t from 'tap';

/** The promise of README.md. */
const MAX_BYTES = 3_000;

t.test('the client is small, and needs nothing but openapi-fetch', async (t) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['openapi-fetch'],
    write: false,
    metafile: true,
  });
  const bytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).byteLength, 0);
  t.comment(`${bytes} bytes, minified and gzipped, beside openapi-fetch`);
  t.ok(bytes > 0 && bytes < MAX_BYTES, `${bytes} bytes`);
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  t.same([...new Set(imported)], ['openapi-fetch']);
});
