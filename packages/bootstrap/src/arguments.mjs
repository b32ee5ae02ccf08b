// Plain JavaScript, without dependencies: it runs before anything is installed or built.
import util from 'node:util';
import { refuse } from './workspace.mjs';

/** The exit status of a command that does not understand its arguments. */
const USAGE_FAULT = 2;

/**
 * Reads the arguments of a command. It prints `usage` for --help. For an option or a word that the command does not take, it
 * says so in one sentence. Both end the process. Call `requireNode` first.
 * @param {string} usage begins with `Usage: ` and the command
 * @param {{ flags?: string[], options?: string[], takesWords?: boolean }} [takes] an option takes a value, a flag does not
 * @returns {{ flags: Set<string>, options: Record<string, string | undefined>, words: string[] }}
 */
export function readArguments(usage, { flags = [], options = [], takesWords = false } = {}) {
  const { values, positionals } = util.parseArgs({
    strict: false, // a strict error has several sentences
    options: {
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(flags.map((flag) => [flag, { type: /** @type {const} */ ('boolean') }])),
      ...Object.fromEntries(options.map((option) => [option, { type: /** @type {const} */ ('string') }])),
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    process.exit();
  }
  const isKnown = (/** @type {string} */ name) =>
    options.includes(name) || (flags.includes(name) && values[name] === true);
  const [unknown] = Object.keys(values).filter((name) => !isKnown(name));
  if (unknown !== undefined) {
    refuseArguments(usage, `has no option ${unknown.length === 1 ? '-' : '--'}${unknown}`);
  }
  if (positionals.length > 0 && !takesWords) refuseArguments(usage, `has no argument "${positionals[0]}"`);
  const valueOfOption = (/** @type {string} */ name) =>
    typeof values[name] === 'string' ? values[name] : undefined;
  return {
    flags: new Set(Object.keys(values)),
    options: Object.fromEntries(options.map((option) => [option, valueOfOption(option)])),
    words: positionals,
  };
}

/**
 * Ends the process with one sentence, which begins with the command and ends with the place of its usage.
 * @param {string} usage
 * @param {string} fault such as `has no option --json`
 * @returns {never}
 */
export function refuseArguments(usage, fault) {
  const [, command] = /^Usage: (npm (?:run )?\S+)/.exec(usage) ?? [];
  refuse(`${command} ${fault}: "${command} -- --help" shows its usage.`, USAGE_FAULT);
}
