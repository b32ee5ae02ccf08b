import { UsageError } from '@pair/service-kit';
import { type Option, type Options, parse, wrong } from './arguments.ts';

/** The parts of the process that a command uses. */
export interface CommandProcess {
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
}

/** A command of the operator, or a group of commands: see cli.ts. */
export interface Command {
  /** All its words, such as `clients add`; '' for the program. */
  name: string;
  /** One line for the list of commands, in the imperative. */
  summary: string;
  /** The answer to `--help`. */
  help: string;
  /**
   * Resolves to the text for standard output.
   *
   * @throws {UsageError} when an argument is wrong
   * @throws {OperatorError} when a setting is wrong, or a store fails
   */
  run(args: string[], process: CommandProcess): Promise<string>;
}

type Values<O extends Options> = {
  [Name in keyof O]: O[Name] extends { multiple: true }
    ? string[]
    : O[Name] extends { value: string }
      ? string | undefined
      : boolean;
};

/** An operand is a word, such as the id of a client. One whose name ends in `?` may be left out. */
type Operands<P extends readonly string[]> = {
  [Name in P[number] as Name extends `${infer Word}?` ? Word : Name]: Name extends `${string}?`
    ? string | undefined
    : string;
};

interface Definition<P extends readonly string[], O extends Options> {
  name: string;
  summary: string;
  operands?: P;
  options?: O;
  /** More lines for `--help`. */
  details?: string;
  run(given: Operands<P> & { options: Values<O> }, process: CommandProcess): Promise<string>;
}

const HELP: Option = { summary: 'Show this help' };

/** Returns a command that parses its arguments, and answers `--help`. */
export function defineCommand<
  const P extends readonly string[] = [],
  const O extends Options = Record<never, never>,
>(definition: Definition<P, O>): Command {
  const { name, summary, operands = [] as unknown as P, options = {} as O, details } = definition;
  const all: Options = { ...options, help: HELP };
  const usage = [name, ...operands.map(bracketed), '[options]'].join(' ');
  const isNeeded = (operand: string) => !operand.endsWith('?');
  const help = [
    `Usage: ${usage}`,
    `${summary}.`,
    ...(details === undefined ? [] : [details]),
    `Options:\n${table(Object.entries(all).map(([option, known]) => [spelling(option, known), known.summary]))}`,
  ].join('\n\n');

  return {
    name,
    summary,
    help,
    async run(args, process) {
      const { words, options: values } = parse(name, all, args);
      if (values.help === true) return `${help}\n`;
      if (words.length > operands.length || words.length < operands.filter(isNeeded).length) {
        throw wrongOperands(name, operands);
      }
      const given = Object.fromEntries(operands.map((operand, i) => [operand.replace('?', ''), words[i]]));
      return definition.run({ ...given, options: values } as Operands<P> & { options: Values<O> }, process);
    },
  };
}

/** Returns a command that runs the command which its first argument names. */
export function defineGroup({
  name,
  summary,
  usage,
  commands,
}: {
  name: string;
  summary: string;
  usage: string;
  commands: readonly Command[];
}): Command {
  const words = new Map(commands.map((command) => [command.name.split(' ').at(-1), command]));
  const help = [
    `Usage: ${usage}`,
    `${summary}.`,
    `Commands:\n${table([...words].map(([word = '', command]) => [word, command.summary]))}`,
    'Each command shows its arguments with --help.',
  ].join('\n\n');

  return {
    name,
    summary,
    help,
    async run([word, ...args], process) {
      if (word === '--help') return `${help}\n`;
      if (word === undefined) throw new UsageError(help);
      const command = words.get(word);
      if (command !== undefined) return command.run(args, process);
      throw new UsageError(
        `There is no such command: choose from ${[...words.keys()].join(', ')}, or see --help.`,
      );
    },
  };
}

function wrongOperands(name: string, operands: readonly string[]): UsageError {
  const expected =
    operands.length === 0 ? 'no words' : `${operands.map(bracketed).join(' ')} and no other word`;
  return wrong(name, `"${name}" takes ${expected}`);
}

function bracketed(operand: string): string {
  return operand.endsWith('?') ? `[<${operand.slice(0, -1)}>]` : `<${operand}>`;
}

function spelling(option: string, { value }: Option): string {
  return value === undefined ? `--${option}` : `--${option} <${value}>`;
}

function table(rows: [left: string, right: string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n');
}
