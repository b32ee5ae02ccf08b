import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PACKAGE = 'packages/client';
const TIMEOUT_MS = 60_000;

t.test('pnpm pack builds the package first, and a program can import it', async (t) => {
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const copy = copyWithoutBuild(t.testdir());
  const run = (command: string, ...args: string[]) =>
    promisify(execFile)(command, args, { cwd: join(copy, PACKAGE), timeout: TIMEOUT_MS });
  await run('npx', '--yes', packageManager, 'pack', '--out', 'client.tgz', '--pm-on-fail=ignore');
  await run('tar', '-xzf', 'client.tgz');

  const packed = join(copy, PACKAGE, 'package');
  const manifest = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'));
  t.match(manifest.dependencies, { 'openapi-fetch': /^\d+\.\d+\.\d+$/, dpop: /^\d+\.\d+\.\d+$/ });
  t.ok(existsSync(join(packed, manifest.exports['.'].types)));
  const { createClient } = await import(pathToFileURL(join(packed, manifest.exports['.'].default)).href);
  const client = createClient({ baseUrl: 'http://localhost:8080' });
  t.type(client.signIn, 'function');
  t.type(client.customers.list, 'function');
});

/** Copies the sources, because the package itself is built for the tests. */
function copyWithoutBuild(folder: string): string {
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'tsconfig.base.json']) {
    cpSync(join(ROOT, file), join(folder, file));
  }
  for (const name of ['package.json', 'tsconfig.json', 'README.md', 'src']) {
    cpSync(join(ROOT, PACKAGE, name), join(folder, PACKAGE, name), { recursive: true });
  }
  for (const path of ['node_modules', `${PACKAGE}/node_modules`])
    symlinkSync(join(ROOT, path), join(folder, path));
  return folder;
}
