import { readFileSync } from 'node:fs';

const LUA = new URL('../../lua/', import.meta.url);
const INCLUDE = /^-- @include (\S+)$/gm;

/**
 * The text of the script `lua/<file>.lua`. A line `-- @include lib/announce` stands for that file, the first time it occurs.
 * The constants are locals of the script; its first line, which has the flags, stays the first.
 *
 * @throws if there is no such file
 */
export function loadScript(
  file: string,
  constants: Readonly<Record<string, number>> = {},
  folder = LUA,
): string {
  const included = new Set<string>();
  const read = (name: string): string =>
    readFileSync(new URL(`${name}.lua`, folder), 'utf8').replaceAll(INCLUDE, (_, part: string) => {
      if (included.has(part)) return '';
      included.add(part);
      return read(part);
    });
  const prelude = Object.entries(constants).map(([name, value]) => `local ${name} = ${value}\n`);
  return read(file).replace('\n', () => `\n${prelude.join('')}`);
}
