import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { build } from 'esbuild';
import { explanationOf } from './explanation.ts';

export const REPLAY_FILES = ['page.js', 'explained.html'] as const;
type FileName = (typeof REPLAY_FILES)[number];

/** The path of a file of the page `/replay`. */
export function replayFile(name: FileName): string {
  return join(ROOT, 'nginx/html/replay', name);
}

/** The text of each file by its name. */
export async function replayFiles(): Promise<Record<FileName, string>> {
  const explained = explanationOf(readFileSync(join(ROOT, 'docs/replay-protection.md'), 'utf8'));
  return { 'page.js': await script(), 'explained.html': explained };
}

/** The script of the page, with the client: one file, so that a browser needs one request. */
async function script(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'packages/replay-page/src/page.ts')],
    absWorkingDir: ROOT,
    // the sources, because a build of the client may be older
    alias: { '@pair/client': join(ROOT, 'packages/client/src/index.ts') },
    banner: { js: '// Generated from packages/replay-page by `npm run generate`.' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return outputFiles.map(({ text }) => text).join('');
}
