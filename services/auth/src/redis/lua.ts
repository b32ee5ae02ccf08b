import { readFileSync } from 'node:fs';

const LUA = new URL('../../lua/', import.meta.url);
const INCLUDE = /^-- @include (\S+)$/gm;

/**
 * The names that a script in Lua and its callers in TypeScript share, in the order of KEYS and ARGV: `userId` here is
 * `user_id` there. A `number` is a number in Lua too. A `list` takes all remaining values, so it comes last.
 */
export interface ScriptNames {
  readonly keys: readonly string[];
  readonly args: Readonly<Record<string, keyof typeof ARGUMENT>>;
  /** The constants have the same spelling in both languages. */
  readonly constants?: Readonly<Record<string, string | number>>;
}

/**
 * Returns the text of the script `lua/<file>.lua` as Redis gets it. After the first line, which has the flags, come the
 * constants, keys and arguments as locals.
 *
 * @throws if the file, or a file that it includes, does not exist
 */
export function loadScript(file: string, names: ScriptNames, folder = LUA): string {
  return readScript(file, folder).replace('\n', () => `\n${prelude(names)}`);
}

/** Replaces a line `-- @include lib/announce` with that file, at its first occurrence only. */
function readScript(file: string, folder: URL): string {
  const included = new Set<string>();
  const read = (name: string): string =>
    readFileSync(new URL(`${name}.lua`, folder), 'utf8').replaceAll(INCLUDE, (_, part: string) => {
      if (included.has(part)) return '';
      included.add(part);
      return read(part);
    });
  return read(file);
}

const ARGUMENT = {
  string: (position: number) => `ARGV[${position}]`,
  number: (position: number) => `tonumber(ARGV[${position}])`,
  list: (position: number) => `{unpack(ARGV, ${position})}`,
};

function prelude({ keys, args, constants = {} }: ScriptNames): string {
  const locals = [
    ...Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)]),
    ...keys.map((key, i) => [snakeCase(key), `KEYS[${i + 1}]`]),
    ...Object.entries(args).map(([arg, type], i) => [snakeCase(arg), ARGUMENT[type](i + 1)]),
  ];
  return locals.map(([name, value]) => `local ${name} = ${value}\n`).join('');
}

export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
