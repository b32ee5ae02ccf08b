import { isUtf8 } from 'node:buffer';

/** Something of a file, or the reason why it cannot be read; `line`, from 1, is where it starts. */
export type Read<T> = { line: number; value: T } | { line: number; reason: string };

/** As large as any other body may be; what is longer is no customer, and is never held in memory. */
export const MAX_RECORD_BYTES = 16 * 1024;
const TOO_LONG = `is longer than ${MAX_RECORD_BYTES} bytes`;
const LF = 0x0a;
const BOM = '\ufeff';

/** The lines of a UTF-8 file, without the LF that ends them and without a BOM, in blocks as they arrive. */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<Read<string>[]> {
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  let isPassedOver = false;

  for await (const chunk of source) {
    const block = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = block.lastIndexOf(LF);
    rest = block.subarray(end + 1);
    const lines = end === -1 ? [] : linesOf(block.subarray(0, end), line);
    line += lines.length;
    if (isPassedOver && lines.length > 0) {
      lines.shift(); // its end; the start was reported
      isPassedOver = false;
    }
    if (rest.length > MAX_RECORD_BYTES) {
      if (!isPassedOver) lines.push({ line, reason: TOO_LONG });
      isPassedOver = true;
      rest = Buffer.alloc(0);
    }
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0 && !isPassedOver) yield linesOf(rest, line);
}

function linesOf(block: Buffer, first: number): Read<string>[] {
  if (!isUtf8(block)) return separately(block, first);
  return block
    .toString()
    .split('\n')
    .map((text, index) => readLine(text, first + index));
}

/** So that the lines which are not UTF-8 are known from those which are. */
function separately(block: Buffer, first: number): Read<string>[] {
  return block
    .toString('latin1')
    .split('\n')
    .map((latin1, index) => {
      const bytes = Buffer.from(latin1, 'latin1');
      const line = first + index;
      return isUtf8(bytes) ? readLine(bytes.toString(), line) : { line, reason: 'is not UTF-8' };
    });
}

function readLine(text: string, line: number): Read<string> {
  // a code unit has three bytes at most
  if (text.length > MAX_RECORD_BYTES / 3 && Buffer.byteLength(text) > MAX_RECORD_BYTES) {
    return { line, reason: TOO_LONG };
  }
  return { line, value: line === 1 && text.startsWith(BOM) ? text.slice(BOM.length) : text };
}
