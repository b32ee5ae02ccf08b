import { UsageError } from '@pair/service-kit';

/** An option takes a value if `value` names one; otherwise it is on or off. */
export interface Option {
  value?: string;
  multiple?: true;
  summary: string;
}

export type Options = Record<string, Option>;

export interface Arguments {
  words: string[];
  options: Record<string, string | string[] | boolean | undefined>;
}

/**
 * Parses the arguments of a command. Not `parseArgs`: there are no options of one letter, so that a kid may begin with a
 * hyphen. After `--` each argument is a word.
 *
 * @throws {UsageError} in one sentence
 */
export function parse(command: string, known: Options, args: readonly string[]): Arguments {
  const words: string[] = [];
  const options: Arguments['options'] = {};
  for (const [name, { value, multiple }] of Object.entries(known)) {
    options[name] = multiple ? [] : value === undefined ? false : undefined;
  }
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      words.push(...rest.splice(0));
    } else if (arg.startsWith('--')) {
      const [, name = '', inline] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
      const option = Object.hasOwn(known, name) ? known[name] : undefined;
      if (option === undefined) {
        const all = Object.keys(known).map((each) => `--${each}`);
        throw wrong(command, `"${command}" has no options but ${all.join(', ')}`);
      }
      const before = options[name];
      if (!Array.isArray(before) && before !== undefined && before !== false) {
        throw wrong(command, `The option --${name} is given twice`);
      }
      const value = valueFor(command, name, option, inline ?? (option.value && takeValue(rest)));
      options[name] = Array.isArray(before) ? [...before, String(value)] : value;
    } else {
      words.push(arg);
    }
  }
  return { words, options };
}

/** An argument that begins with a hyphen is more likely the next option than a value. */
function takeValue(rest: string[]): string | undefined {
  return rest[0]?.startsWith('-') ? undefined : rest.shift();
}

function valueFor(command: string, name: string, option: Option, value: string | undefined): string | true {
  if (option.value === undefined) {
    if (value !== undefined) throw wrong(command, `The option --${name} takes no value`);
    return true;
  }
  if (value === undefined || value === '') throw wrong(command, `The option --${name} needs a value`);
  return value;
}

/** Ends the sentence with the place of the help. */
export function wrong(command: string, fault: string): UsageError {
  return new UsageError(`${fault}: "${command} --help" shows the arguments.`);
}
