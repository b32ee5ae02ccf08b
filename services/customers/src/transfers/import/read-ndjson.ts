import { parseStrictJson } from '@pair/service-kit';
import { NEW_EXAMPLE } from '../../customers/schemas.ts';
import { hasContent, type Read } from './read-lines.ts';

const EXAMPLE = JSON.stringify(NEW_EXAMPLE);

/** Reads the lines of an NDJSON file, each of which is a JSON text. Skips empty lines. */
export async function* readNdjson(blocks: AsyncIterable<Read<string>[]>): AsyncGenerator<Read<unknown>[]> {
  for await (const block of blocks) yield block.filter(hasContent).map(parsed);
}

function parsed(line: Read<string>): Read<unknown> {
  if ('reason' in line) return line;
  try {
    return { line: line.line, value: parseStrictJson(line.value) };
  } catch (error) {
    const { message } = error as SyntaxError;
    return { line: line.line, reason: `${message}: put one object on each line, such as ${EXAMPLE}` };
  }
}
