/** A command of the operator: see the table in cli.ts. */
export interface Command {
  /** One line for the list of commands, in the imperative. */
  summary: string;
  /** All forms of the arguments, for `--help` and for an error about wrong arguments. */
  usage: string;
  /**
   * Resolves to the text for standard output.
   *
   * @throws {OperatorError} when an argument or a setting is wrong, or a store fails
   */
  run(
    args: string[],
    process: { env: NodeJS.ProcessEnv; stdin: NodeJS.ReadableStream & { isTTY?: boolean } },
  ): Promise<string>;
}
