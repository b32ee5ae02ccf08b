/**
 * A file of which nothing can be imported: its encoding is another one, or its first line names no columns that an import
 * could use. The message completes the sentence "it …" and says what to do.
 */
export class UnreadableFile extends Error {
  readonly line: number;
  /** The column that is at fault; null when it is the line as a whole. */
  readonly column: string | null;

  constructor(line: number, column: string | null, reason: string) {
    super(reason);
    this.name = 'UnreadableFile';
    this.line = line;
    this.column = column;
  }
}
