// Plain JavaScript, without dependencies: it runs before anything is installed or built.
import util from 'node:util';
import { refuse } from './workspace.mjs';

/** The exit status of a command that does not understand its arguments. */
const USAGE_FAULT = 2;

/**
 * Reads the arguments of a command. It prints `usage` for --help. For an option or a path that the command does not take, it
 * says so in one sentence. Both end the process. Call `requireNode` first.
 * @param {string} usage begins with `Usage: ` and the command
 * @param {{ flags?: string[], takesPaths?: boolean }} [takes]
 * @returns {{ flags: Set<string>, paths: string[] }}
 */
export function readArguments(usage, { flags = [], takesPaths = false } = {}) {
  const { values, positionals } = util.parseArgs({
    strict: false, // a strict error has several sentences
    options: {
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(flags.map((flag) => [flag, { type: /** @type {const} */ ('boolean') }])),
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    process.exit();
  }
  const isKnown = (/** @type {string} */ name) => flags.includes(name) && values[name] === true;
  const [option] = Object.keys(values).filter((name) => !isKnown(name));
  if (option !== undefined) reject(usage, `option ${option.length === 1 ? '-' : '--'}${option}`);
  if (positionals.length > 0 && !takesPaths) reject(usage, `argument "${positionals[0]}"`);
  return { flags: new Set(Object.keys(values)), paths: positionals };
}

/**
 * @param {string} usage
 * @param {string} argument
 * @returns {never}
 */
function reject(usage, argument) {
  const [, command] = /^Usage: (npm (?:run )?\S+)/.exec(usage) ?? [];
  refuse(`${command} has no ${argument}: "${command} -- --help" shows its usage.`, USAGE_FAULT);
}
