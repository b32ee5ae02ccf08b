import { parse } from 'csv-parse/sync';
import { COLUMNS, type Column, REQUIRED_COLUMNS } from './columns.ts';
import { unescapeFormula } from './formula-escape.ts';
import { QuotedLines } from './quoted-lines.ts';
import type { Read } from './read-lines.ts';

/**
 * The records of a CSV file (RFC 4180) as objects with the members that its header names. Lines may end with LF alone,
 * empty ones are passed over, and an empty cell is no value where there need not be one.
 *
 * @throws {UnreadableHeader}
 */
export async function* readCsv(blocks: AsyncIterable<Read<string>[]>): AsyncGenerator<Read<object>[]> {
  const quoted = new QuotedLines();
  let columns: Column[] | undefined;

  for await (const block of blocks) {
    let records = parseRecords(quoted.join(block));
    if (columns === undefined) {
      const [header, ...others] = records;
      if (header === undefined) continue;
      columns = columnsOf(header);
      records = others;
    }
    yield objectsOf(records, columns);
  }
  const rest = parseRecords(quoted.rest());
  if (columns === undefined) columnsOf(rest[0] ?? { line: 1, value: [] });
  else if (rest.length > 0) yield objectsOf(rest, columns);
}

/** The first line names no columns that an import could use. */
export class UnreadableHeader extends Error {
  readonly line: number;
  readonly column: string | null;

  constructor(line: number, column: string | null, reason: string) {
    super(reason);
    this.name = 'UnreadableHeader';
    this.line = line;
    this.column = column;
  }
}

function columnsOf(header: Read<string[]>): Column[] {
  const { line } = header;
  if ('reason' in header) throw new UnreadableHeader(line, null, header.reason);
  const names: readonly string[] = header.value;
  for (const [index, name] of names.entries()) {
    if (!isColumn(name)) throw new UnreadableHeader(line, name.slice(0, 100), 'is not known here');
    if (names.indexOf(name) !== index) throw new UnreadableHeader(line, name, 'is there twice');
  }
  for (const name of REQUIRED_COLUMNS) {
    if (!names.includes(name))
      throw new UnreadableHeader(line, name, 'is required: the first line names the columns');
  }
  return names.filter(isColumn);
}

function isColumn(name: string): name is Column {
  return (COLUMNS as readonly string[]).includes(name);
}

function objectsOf(records: Read<string[]>[], columns: Column[]): Read<object>[] {
  return records.map((record) => {
    if ('reason' in record) return record;
    const { line, value: cells } = record;
    if (cells.length !== columns.length) {
      return { line, reason: `has ${cells.length} cells, and the header ${columns.length}` };
    }
    const value: { [K in Column]?: string } = {};
    for (const [index, column] of columns.entries()) {
      const cell = cells[index] ?? '';
      if (cell !== '' || REQUIRED_COLUMNS.includes(column)) value[column] = unescapeFormula(cell);
    }
    return { line, value };
  });
}

/** RFC 4180 §2: cells with commas between them, quoted or without a quotation mark. */
const RECORD = /^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*$/;
const FORMAT = { record_delimiter: '\n', relax_column_count: true };

/** All in one call, which is a lot quicker than one by one; what would make it fail is left out before. */
function parseRecords(records: Read<string>[]): Read<string[]>[] {
  const wellFormed = records.flatMap(checked).filter((record) => 'reason' in record || record.value !== '');
  const texts = wellFormed.flatMap((record) => ('value' in record ? [record.value] : []));
  const parsed: string[][] = parse(texts.join('\n'), FORMAT);
  let next = 0;
  return wellFormed.map((record) =>
    'reason' in record ? record : { line: record.line, value: parsed[next++] ?? [] },
  );
}

function checked(record: Read<string>): Read<string>[] {
  if ('reason' in record || !record.value.includes('"') || RECORD.test(record.value)) return [record];
  const lines = record.value.split(/\r?\n/);
  if (lines.length === 1) return [{ line: record.line, reason: 'has a quotation mark in the wrong place' }];
  // joined by two marks that may have nothing to do with each other: what is between them may be good
  return lines.flatMap((value, index) => checked({ line: record.line + index, value }));
}
