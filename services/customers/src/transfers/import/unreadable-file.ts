/**
 * The error of a file that cannot be imported at all: it is not UTF-8, or its first line does not name the columns. The
 * message is the end of a sentence that begins with "it", and says what to do.
 */
export class UnreadableFile extends Error {
  readonly line: number;
  /** The wrong column; null if the whole line is wrong. */
  readonly column: string | null;

  constructor(line: number, column: string | null, reason: string) {
    super(reason);
    this.name = 'UnreadableFile';
    this.line = line;
    this.column = column;
  }
}
