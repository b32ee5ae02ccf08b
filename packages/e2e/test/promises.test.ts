import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import t from 'tap';

const document = read('docs/replay-protection.md');

/** `| promise | [file](../file) | name of the test |` */
const rows = document
  .slice(document.indexOf('<!-- promises -->'), document.indexOf('<!-- /promises -->'))
  .split('\n')
  .flatMap((line) => {
    const [, promise, path, name] = /^\| (.+?) \| \[.+?\]\(\.\.\/(.+?)\) \| (.+) \|$/.exec(line) ?? [];
    return promise === undefined || path === undefined || name === undefined ? [] : [{ promise, path, name }];
  });

t.ok(rows.length >= 40, `${rows.length} promises`);

for (const { promise, path, name } of rows) {
  t.ok(
    namesOfTests(read(path)).some((pattern) => pattern.test(name)),
    `${promise}: ${path} has a test "${name}"`,
  );
}

/** The names in the calls of `t.test`, where `${…}` stands for any text. */
function namesOfTests(source: string): RegExp[] {
  const calls = /\btest\(\s*(['"`])((?:\\.|(?!\1).)+)\1/gs;
  return [...source.matchAll(calls)].map(([, , literal = '']) => {
    const parts = literal.replaceAll('\\', '').split(/\$\{[^}]*\}/);
    return new RegExp(`^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]]/g, '\\$&')).join('.+')}$`);
  });
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
