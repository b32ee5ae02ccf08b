import { parse } from 'csv-parse/sync';
import { COLUMNS, type Column, REQUIRED_COLUMNS } from '../export/columns.ts';
import { unescapeFormula } from '../export/formula-escape.ts';
import { QuotedLines } from './quoted-lines.ts';
import { hasContent, type Read } from './read-lines.ts';
import { UnreadableFile } from './unreadable-file.ts';

/**
 * The records of a CSV file (RFC 4180) as objects with the members that its header names. Cells may be separated as the
 * spreadsheets of some countries do it. Lines of white space are passed over, and an empty cell is no value where there need
 * not be one.
 *
 * @throws {UnreadableFile}
 */
export async function* readCsv(blocks: AsyncIterable<Read<string>[]>): AsyncGenerator<Read<object>[]> {
  let isFirst = true;
  let named: Separator | undefined;
  let layout: Layout | undefined;

  for await (const records of recordsOf(blocks)) {
    if (layout === undefined) {
      if (isFirst && records[0] !== undefined) {
        isFirst = false;
        named = separatorNamedBy(records[0]);
        if (named !== undefined) records.shift();
      }
      const header = records.shift();
      if (header !== undefined) layout = layoutOf(header, named);
    }
    // also when there are none: other requests come to their turn between two blocks
    yield layout === undefined ? [] : objectsOf(records, layout);
  }
  if (layout === undefined) layoutOf({ line: 1, value: '' }, named);
}

async function* recordsOf(blocks: AsyncIterable<Read<string>[]>): AsyncGenerator<Read<string>[]> {
  const quoted = new QuotedLines();
  for await (const block of blocks) yield quoted.join(block).filter(hasContent);
  yield quoted.rest().filter(hasContent);
}

const SEPARATORS = [',', ';', '\t'] as const;
type Separator = (typeof SEPARATORS)[number];

function isSeparator(text: string): text is Separator {
  return (SEPARATORS as readonly string[]).includes(text);
}

/** What separates the cells, and what is in them. */
interface Layout {
  separator: Separator;
  columns: Column[];
}

/** `sep=;`, which Excel reads in front of the header. */
function separatorNamedBy(first: Read<string>): Separator | undefined {
  const separator = 'value' in first ? /^\s*"?sep=(.)"?\s*$/i.exec(first.value)?.[1] : undefined;
  if (separator === undefined || isSeparator(separator)) return separator;
  throw new UnreadableFile(first.line, null, 'names a separator that is not known here: use sep=, or sep=;');
}

/** The separator is the one with which the header names most columns: no name has one in it. */
function layoutOf(header: Read<string>, named: Separator | undefined): Layout {
  const { line } = header;
  if ('reason' in header) throw new UnreadableFile(line, null, header.reason);
  const readings = (named === undefined ? SEPARATORS : [named]).flatMap((separator) => {
    if (!RECORDS[separator].test(header.value)) return [];
    const [cells = []] = cellsOf([header.value], separator);
    const names = cells.map((name) => name.trim());
    return { separator, names, known: names.filter((name) => isColumn(name.toLowerCase())).length };
  });
  const [best] = readings.sort((a, b) => b.known - a.known || b.names.length - a.names.length);
  if (best === undefined) throw new UnreadableFile(line, null, MISPLACED_MARK);
  return { separator: best.separator, columns: columnsOf(best.names, line) };
}

function columnsOf(header: string[], line: number): Column[] {
  // spreadsheets write empty cells behind the last one that was ever used
  const names = header.slice(0, header.findLastIndex((name) => name !== '') + 1);
  const columns: Column[] = [];
  for (const [index, name] of names.entries()) {
    const fail = (reason: string) => {
      throw new UnreadableFile(line, name === '' ? null : cut(name), reason);
    };
    const column = name.toLowerCase();
    if (name === '') fail(`has no name for column ${index + 1}: name or remove the column`);
    else if (!isColumn(column)) fail(`is not known here: columns are ${COLUMNS.join(', ')}`);
    else if (columns.includes(column)) fail('is there twice: remove one of the two columns');
    else columns.push(column);
  }
  for (const name of REQUIRED_COLUMNS) {
    if (!columns.includes(name)) {
      throw new UnreadableFile(line, name, 'is required: the first line names the columns, as in name,dob');
    }
  }
  return columns;
}

/** An answer is never much larger than its cause, and has no half of a surrogate pair, which some parsers refuse. */
function cut(name: string): string {
  return name.slice(0, 100).replaceAll(/\p{Cs}/gu, '\ufffd');
}

function isColumn(name: string): name is Column {
  return (COLUMNS as readonly string[]).includes(name);
}

function objectsOf(records: Read<string>[], { separator, columns }: Layout): Read<object>[] {
  return parseRecords(records, separator).map((record) => {
    if ('reason' in record) return record;
    const { line, value: cells } = record;
    if (cells.every(isBlank))
      return { line, reason: 'has only empty cells: fill them in, or remove the line' };
    if (cells.length < columns.length || cells.slice(columns.length).some((cell) => !isBlank(cell))) {
      const [count, expected] = [cells.length, columns.length];
      const advice =
        count < expected
          ? 'add those that are missing'
          : `put quotation marks around one with a ${nameOf(separator)}`;
      return { line, reason: `has ${count} cells, and the header ${expected}: ${advice}` };
    }
    const value: { [K in Column]?: string } = {};
    for (const [index, column] of columns.entries()) {
      const cell = contentOf(column, cells[index] ?? '');
      if (cell !== '' || REQUIRED_COLUMNS.includes(column)) value[column] = cell;
    }
    return { line, value };
  });
}

/** White space around a name is the rule's to take away: an escaped one is undone as it is. */
function contentOf(column: Column, cell: string): string {
  return column === 'name' ? unescapeFormula(cell) : cell.trim();
}

function isBlank(cell: string): boolean {
  return !/\S/.test(cell);
}

function nameOf(separator: Separator): string {
  return { ',': 'comma', ';': 'semicolon', '\t': 'tab' }[separator];
}

/** RFC 4180 §2, with this separator: cells that are quoted, or without a quotation mark. */
function recordPattern(separator: Separator): RegExp {
  const cell = `(?:"(?:[^"]|"")*"|[^"${separator}]*)`;
  return new RegExp(`^${cell}(?:${separator}${cell})*$`);
}

const RECORDS: Record<Separator, RegExp> = {
  ',': recordPattern(','),
  ';': recordPattern(';'),
  '\t': recordPattern('\t'),
};
const MISPLACED_MARK =
  'has a quotation mark in the wrong place: put one at the start and the end of the cell, and double those in it';

/** All in one call, which is a lot quicker than one by one; what would make it fail is left out before. */
function parseRecords(records: Read<string>[], separator: Separator): Read<string[]>[] {
  const wellFormed = records.flatMap((record) => checked(record, separator));
  const texts = wellFormed.flatMap((record) => ('value' in record ? [record.value] : []));
  const parsed = cellsOf(texts, separator);
  let next = 0;
  return wellFormed.map((record) =>
    'reason' in record ? record : { line: record.line, value: parsed[next++] ?? [] },
  );
}

function cellsOf(records: string[], delimiter: Separator): string[][] {
  return parse(records.join('\n'), { delimiter, record_delimiter: '\n', relax_column_count: true });
}

function checked(record: Read<string>, separator: Separator): Read<string>[] {
  if ('reason' in record || !record.value.includes('"') || RECORDS[separator].test(record.value))
    return [record];
  const lines = record.value.split('\n');
  if (lines.length === 1) return [{ line: record.line, reason: MISPLACED_MARK }];
  // joined by two marks that may have nothing to do with each other: what is between them may be good
  return lines
    .map((value, index) => ({ line: record.line + index, value }))
    .filter(hasContent)
    .flatMap((line) => checked(line, separator));
}
