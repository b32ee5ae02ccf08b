import { parseStrictJson } from '@pair/service-kit';
import type { Read } from './read-lines.ts';

/** The lines of an NDJSON file, each a JSON text of its own; empty ones are passed over. */
export async function* readNdjson(blocks: AsyncIterable<Read<string>[]>): AsyncGenerator<Read<unknown>[]> {
  for await (const block of blocks) yield block.filter(hasContent).map(parsed);
}

function hasContent(line: Read<string>): boolean {
  return 'reason' in line || /\S/.test(line.value);
}

function parsed(line: Read<string>): Read<unknown> {
  if ('reason' in line) return line;
  try {
    return { line: line.line, value: parseStrictJson(line.value) };
  } catch (error) {
    return { line: line.line, reason: (error as SyntaxError).message };
  }
}
