import { isUtf8 } from 'node:buffer';

/** Something of a file, or the reason why it cannot be read; `line`, from 1, is where it starts. */
export type Read<T> = { line: number; value: T } | { line: number; reason: string };

/** As large as any other body may be; what is longer is no customer, and is never held in memory. */
export const MAX_RECORD_BYTES = 16 * 1024;
/** Other requests have to wait while a block is read, and there may be a line in each byte. */
export const MAX_LINES_AT_ONCE = 1_000;
const TOO_LONG = `is longer than ${MAX_RECORD_BYTES} bytes`;
const LF = 0x0a;
const BOM = '\ufeff';

/** The lines of a UTF-8 file, without the LF that ends them and without a BOM, in blocks as they arrive, never of many lines. */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<Read<string>[]> {
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  let isPassedOver = false;

  for await (const chunk of source) {
    const block = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = block.lastIndexOf(LF);
    rest = block.subarray(end + 1);
    for (const lines of end === -1 ? [] : linesOf(block.subarray(0, end), line)) {
      line += lines.length;
      if (isPassedOver) lines.shift(); // its end; the start was reported
      isPassedOver = false;
      if (lines.length > 0) yield lines;
    }
    if (rest.length > MAX_RECORD_BYTES) {
      if (!isPassedOver) yield [{ line, reason: TOO_LONG }];
      isPassedOver = true;
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0 && !isPassedOver) yield* linesOf(rest, line);
}

function* linesOf(bytes: Buffer, first: number): Generator<Read<string>[]> {
  const isText = isUtf8(bytes);
  const read = isText ? readLine : readLatin1;
  const texts = bytes.toString(isText ? 'utf8' : 'latin1').split('\n');
  for (let at = 0; at < texts.length; at += MAX_LINES_AT_ONCE) {
    yield texts.slice(at, at + MAX_LINES_AT_ONCE).map((text, index) => read(text, first + at + index));
  }
}

/** Of lines that are not all UTF-8: bytes as characters, so that those which are can be told from the others. */
function readLatin1(latin1: string, line: number): Read<string> {
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? readLine(bytes.toString(), line) : { line, reason: 'is not UTF-8' };
}

function readLine(text: string, line: number): Read<string> {
  // a code unit has three bytes at most
  if (text.length > MAX_RECORD_BYTES / 3 && Buffer.byteLength(text) > MAX_RECORD_BYTES) {
    return { line, reason: TOO_LONG };
  }
  return { line, value: line === 1 && text.startsWith(BOM) ? text.slice(BOM.length) : text };
}
