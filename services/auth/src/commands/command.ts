/** A command of the operator: see the table in cli.ts. */
export interface Command {
  /** One line for the list of commands, which begins with an imperative. */
  summary: string;
  /** All forms of its arguments, for `--help` and for wrong ones. */
  usage: string;
  /**
   * Resolves to the text for standard output.
   *
   * @throws {OperatorError} when an argument, a setting or a store keeps the command from its work
   */
  run(args: string[], process: Pick<NodeJS.Process, 'env' | 'stdin'>): Promise<string>;
}
