import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import t from 'tap';
import { namesOfTests } from './support/names-of-tests.ts';

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

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
