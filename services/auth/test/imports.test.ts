import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const SRC = fileURLToPath(new URL('../src', import.meta.url));
/** The folders and files from the bottom up: each imports only from itself and from the ones before it. */
const LEVELS = [
  ...['examples.ts', 'usernames.ts', 'config.ts'],
  ...[
    'db',
    'crypto',
    'redis',
    'clients',
    'dpop',
    'audit',
    'keys',
    'tokens',
    'passwords',
    'users',
    'sessions',
  ],
  ...['oauth', 'commands', 'openapi.ts', 'app.ts', 'index.ts', 'server.ts', 'cli.ts'],
];

function levelOf(path: string): number {
  return LEVELS.indexOf(relative(SRC, path).split('/')[0] ?? '');
}

t.test('no import goes up a level', async (t) => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  t.ok(files.length > 0);
  for (const file of files) {
    const path = join(SRC, file);
    t.not(levelOf(path), -1, `${file} has a level`);
    for (const [, imported = ''] of readFileSync(path, 'utf8').matchAll(
      /\b(?:from|import\(?)\s*'(\.[^']+)'/g,
    )) {
      const isDown = levelOf(join(dirname(path), imported)) <= levelOf(path);
      t.ok(isDown, `${file} imports ${imported}`);
    }
  }
});
