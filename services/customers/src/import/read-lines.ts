import { isUtf8 } from 'node:buffer';
import { UnreadableFile } from './unreadable-file.ts';

/** Something of a file, or the reason why it cannot be read; `line`, from 1, is where it starts. */
export type Read<T> = { line: number; value: T } | { line: number; reason: string };

/** As large as any other body may be; what is longer is no customer, and is never held in memory. */
export const MAX_RECORD_BYTES = 16 * 1024;
/** Other requests have to wait while a block is read, and there may be a line in each byte. */
export const MAX_LINES_AT_ONCE = 1_000;
const TOO_LONG = `is longer than ${MAX_RECORD_BYTES} bytes: put each customer on a line of its own`;
const SAVE_AS_UTF8 = 'save the file as UTF-8 (in Excel: "CSV UTF-8")';
const LF = 0x0a;
const CR = 0x0d;
const UTF8_BOM = Buffer.from('\ufeff');
const UTF16_BOMS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/**
 * The lines of a UTF-8 file, without a BOM and without the LF, CRLF or CR that ends them, in blocks as they arrive, never of
 * many lines.
 *
 * @throws {UnreadableFile} for UTF-16
 */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<Read<string>[]> {
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  let isPassedOver = false;
  let endsWithCr = false;

  for await (const chunk of withoutBom(source)) {
    // a CRLF may be cut in two
    const added = endsWithCr && chunk[0] === LF ? chunk.subarray(1) : chunk;
    endsWithCr = chunk.at(-1) === CR;
    const block = rest.length === 0 ? added : Buffer.concat([rest, added]);
    const end = Math.max(block.lastIndexOf(LF), block.lastIndexOf(CR));
    rest = block.subarray(end + 1);
    for (const lines of end === -1 ? [] : linesOf(block.subarray(0, startOfEnd(block, end)), line)) {
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

async function* withoutBom(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of source) {
    if (start === undefined) {
      if (chunk.length > 0) yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < SIGNATURE_BYTES) continue;
    yield utf8Of(start);
    start = undefined;
  }
  if (start !== undefined) yield utf8Of(start);
}

const SIGNATURE_BYTES = 4;

/** Without a BOM UTF-16 and UTF-32 are known by a zero in the first four bytes (RFC 4627 §3), for files begin with ASCII. */
function utf8Of(start: Buffer): Buffer {
  const isUtf16 = UTF16_BOMS.some((bom) => start.subarray(0, bom.length).equals(bom));
  if (isUtf16 || start.subarray(0, SIGNATURE_BYTES).includes(0)) {
    throw new UnreadableFile(1, null, `is UTF-16, not UTF-8: ${SAVE_AS_UTF8}`);
  }
  const hasBom = start.subarray(0, UTF8_BOM.length).equals(UTF8_BOM);
  return hasBom ? start.subarray(UTF8_BOM.length) : start;
}

/** Where the line end starts that is over at `end`. */
function startOfEnd(block: Buffer, end: number): number {
  return block[end] === LF && block[end - 1] === CR ? end - 1 : end;
}

function* linesOf(bytes: Buffer, first: number): Generator<Read<string>[]> {
  const isText = isUtf8(bytes);
  const read = isText ? readLine : readLatin1;
  const texts = bytes.toString(isText ? 'utf8' : 'latin1').split(/\r\n?|\n/);
  for (let at = 0; at < texts.length; at += MAX_LINES_AT_ONCE) {
    yield texts.slice(at, at + MAX_LINES_AT_ONCE).map((text, index) => read(text, first + at + index));
  }
}

/** Of lines that are not all UTF-8: bytes as characters, so that those which are can be told from the others. */
function readLatin1(latin1: string, line: number): Read<string> {
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? readLine(bytes.toString(), line) : { line, reason: `is not UTF-8: ${SAVE_AS_UTF8}` };
}

function readLine(text: string, line: number): Read<string> {
  // a code unit has three bytes at most
  if (text.length > MAX_RECORD_BYTES / 3 && Buffer.byteLength(text) > MAX_RECORD_BYTES) {
    return { line, reason: TOO_LONG };
  }
  if (text.includes('\0')) return { line, reason: `has zero bytes, as UTF-16 has: ${SAVE_AS_UTF8}` };
  return { line, value: text };
}

/** Whether a line has more than white space in it; one that cannot be read has. */
export function hasContent(line: Read<string>): boolean {
  return 'reason' in line || /\S/.test(line.value);
}
