import { MAX_LINES_AT_ONCE, MAX_RECORD_BYTES, type Read } from './read-lines.ts';

type Line = { line: number; value: string };

/**
 * Joins lines to the records of a CSV file, because a quoted cell may have line ends. A record ends when the number of its
 * quotation marks is even. A mark that is never closed costs its own line, not the rest of the file.
 */
export class QuotedLines {
  #open: Line[] = [];
  #openLength = 0;

  /** Returns the records that end in this block, without the line end. */
  join(block: Read<string>[]): Read<string>[] {
    const records: Read<string>[] = [];
    for (const line of block) this.#add(line, records);
    return records;
  }

  /** Returns the lines of an unfinished record, at the end of the file. */
  rest(): Read<string>[] {
    const [first, ...others] = this.#take();
    if (first === undefined) return [];
    const reason = 'has a quotation mark that is not closed: close it, or double it inside a quoted cell';
    return [{ line: first.line, reason }, ...others];
  }

  #add(line: Read<string>, records: Read<string>[]): void {
    if ('reason' in line) {
      records.push(...this.rest(), line);
      return;
    }
    const changes = hasOddQuotes(line.value);
    if (this.#open.length === 0 && !changes) {
      records.push(line);
      return;
    }
    const opens = this.#open.length === 0;
    this.#open.push(line);
    this.#openLength += line.value.length;
    if (changes && !opens) records.push(joined(this.#take()));
    else if (this.#isTooLong()) records.push(...this.rest());
  }

  #isTooLong(): boolean {
    return this.#openLength > MAX_RECORD_BYTES || this.#open.length === MAX_LINES_AT_ONCE;
  }

  #take(): Line[] {
    const lines = this.#open;
    this.#open = [];
    this.#openLength = 0;
    return lines;
  }
}

function hasOddQuotes(text: string): boolean {
  let odd = false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

/** The line ends inside a cell become LF, also if those of the file are CRLF or CR. */
function joined(lines: Line[]): Line {
  return { line: lines[0]?.line ?? 0, value: lines.map(({ value }) => value).join('\n') };
}
