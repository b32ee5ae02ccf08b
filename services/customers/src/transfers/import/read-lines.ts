import { isUtf8 } from 'node:buffer';
import { UnreadableFile } from './unreadable-file.ts';

/** A part of a file, or the reason why it cannot be read. `line` is the number of its first line, from 1. */
export type Read<T> = { line: number; value: T } | { line: number; reason: string };

/** The limit of any other body. A longer record is not a customer, and is never held in memory as a whole. */
export const MAX_RECORD_BYTES = 16 * 1024;
/** Other requests wait while a block is read, and each byte of a block may be a line end. */
export const MAX_LINES_AT_ONCE = 1_000;
const TOO_LONG = `is longer than ${MAX_RECORD_BYTES} bytes: put each customer on a line of its own`;
const SAVE_AS_UTF8 = 'save the file as UTF-8 (in Excel: "CSV UTF-8")';
const LF = 0x0a;
const CR = 0x0d;
const UTF8_BOM = Buffer.from('\ufeff');
const UTF16_BOMS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/**
 * Reads the lines of a UTF-8 file, without a BOM and without their line ends (LF, CRLF or CR). Yields them as they arrive, in
 * blocks of at most `MAX_LINES_AT_ONCE`.
 *
 * @throws {UnreadableFile} for UTF-16
 */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<Read<string>[]> {
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  let isSkipping = false;
  let endsWithCr = false;

  for await (const chunk of withoutBom(source)) {
    // a CRLF may be split between two chunks
    const added = endsWithCr && chunk[0] === LF ? chunk.subarray(1) : chunk;
    endsWithCr = chunk.at(-1) === CR;
    const block = rest.length === 0 ? added : Buffer.concat([rest, added]);
    const end = Math.max(block.lastIndexOf(LF), block.lastIndexOf(CR));
    rest = block.subarray(end + 1);
    for (const lines of end === -1 ? [] : linesOf(block.subarray(0, startOfEnd(block, end)), line)) {
      line += lines.length;
      if (isSkipping) lines.shift(); // the end of a long line, whose start was reported
      isSkipping = false;
      if (lines.length > 0) yield lines;
    }
    if (rest.length > MAX_RECORD_BYTES) {
      if (!isSkipping) yield [{ line, reason: TOO_LONG }];
      isSkipping = true;
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0 && !isSkipping) yield* linesOf(rest, line);
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

/** Detects UTF-16 and UTF-32 by a BOM, or by a zero in the first four bytes (RFC 4627 §3): files begin with ASCII. */
function utf8Of(start: Buffer): Buffer {
  const isUtf16 = UTF16_BOMS.some((bom) => start.subarray(0, bom.length).equals(bom));
  if (isUtf16 || start.subarray(0, SIGNATURE_BYTES).includes(0)) {
    throw new UnreadableFile(1, null, `is UTF-16, not UTF-8: ${SAVE_AS_UTF8}`);
  }
  const hasBom = start.subarray(0, UTF8_BOM.length).equals(UTF8_BOM);
  return hasBom ? start.subarray(UTF8_BOM.length) : start;
}

/** Returns the start of the line end whose last byte is at `end`. */
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

/** Reads a line of a block that is not all UTF-8. The text has a character per byte, to check each line by itself. */
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

/** True if a line has more than white space, or cannot be read. */
export function hasContent(line: Read<string>): boolean {
  return 'reason' in line || /\S/.test(line.value);
}
