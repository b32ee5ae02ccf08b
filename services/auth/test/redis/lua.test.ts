import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { loadScript } from '../../src/redis/lua.ts';

/** The script `main` of these files. */
function load(t: Test, files: Record<string, string>, constants = {}): string {
  const texts = Object.entries(files).map(([name, text]) => [`${name}.lua`, text]);
  return loadScript('main', constants, pathToFileURL(`${t.testdir(Object.fromEntries(texts))}/`));
}

t.test('each part is included once, before what needs it', async (t) => {
  const script = load(t, {
    main: '#!lua\n-- @include one\n-- @include two\nreturn 1\n',
    one: '-- @include two\nlocal one = two\n',
    two: 'local two = 2\n',
  });
  t.equal(script.replaceAll(/\n+/g, '\n'), '#!lua\nlocal two = 2\nlocal one = two\nreturn 1\n');
});

t.test('the line with the flags stays the first, and constants follow it', async (t) => {
  const script = load(t, { main: '#!lua flags=no-writes\nreturn A + B\n' }, { A: 1, B: 2 });
  t.equal(script, '#!lua flags=no-writes\nlocal A = 1\nlocal B = 2\nreturn A + B\n');
});

t.test('a part that does not exist is an error', async (t) => {
  t.throws(() => load(t, { main: '#!lua\n-- @include missing\n' }), { code: 'ENOENT' });
});
