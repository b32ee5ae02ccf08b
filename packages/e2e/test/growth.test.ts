import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import t from 'tap';
import { namesOfTests } from './support/names-of-tests.ts';

const document = read('docs/operations.md');
const table = document.slice(document.indexOf('<!-- growth -->'), document.indexOf('<!-- /growth -->'));
const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| stored data'));

t.test('each bound has a test, or an operator keeps it', async (t) => {
  for (const row of rows) {
    const [data = '', , bound = '', , tests = ''] = row.slice(2, -2).split(' | ');
    t.not(bound, '', data);
    if (tests === 'by hand') continue;
    const links = [...tests.matchAll(/\]\(\.\.\/(\S+) "([^"]+)"\)/g)];
    t.ok(links.length > 0, `${data}: a test, or "by hand"`);
    for (const [, path = '', name = ''] of links) {
      t.ok(
        namesOfTests(read(path)).some((pattern) => pattern.test(name)),
        `${path} has a test "${name}"`,
      );
    }
  }
});

t.test('the table names each table of PostgreSQL', async (t) => {
  for (const service of ['auth', 'customers']) {
    const names = [...read(`services/${service}/src/db/schema.ts`).matchAll(/pgTable\(\s*'(\w+)'/g)];
    t.ok(names.length > 0);
    for (const [, name] of names) t.ok(table.includes(`\`${name}\``), `${name}`);
  }
});

t.test('the table names each kind of key in Redis', async (t) => {
  const lua = readdirSync(join(ROOT, 'services/auth/lua'), { recursive: true, encoding: 'utf8' });
  const sources = [
    ...lua.filter((file) => file.endsWith('.lua')).map((file) => `services/auth/lua/${file}`),
    ...['app', 'sessions/session-record', 'sessions/session-store', 'passwords/attempts'].map(
      (file) => `services/auth/src/${file}.ts`,
    ),
    'packages/access-token/src/contract.ts',
  ];
  const kinds = new Set(
    sources.flatMap((file) => [...read(file).matchAll(/\{auth\}:([a-z-]+)/g)].map(([, kind]) => kind)),
  );
  t.ok(kinds.size >= 9, [...kinds].join());
  t.match(table, '`{dpop}:auth:', 'used proofs');
  for (const kind of kinds) t.match(table, new RegExp(`\`\\{auth\\}:${kind}[:\`]`), `${kind}`);
});

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
