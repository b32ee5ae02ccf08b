import { parse } from 'csv-parse/sync';
import { memberOf } from '../../customers/members.ts';
import { COLUMNS, type Column, REQUIRED_COLUMNS } from '../columns.ts';
import { unescapeFormula } from '../export/formula-escape.ts';
import { QuotedLines } from './quoted-lines.ts';
import { hasContent, type Read } from './read-lines.ts';
import { UnreadableFile } from './unreadable-file.ts';

/**
 * Reads the records of a CSV file (RFC 4180) as objects with the members that its header names. Accepts semicolons and tabs
 * too, because spreadsheets of some countries write them. Skips lines of white space. An empty cell of an optional column
 * counts as a missing member.
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
    // also an empty block, because other requests run between two blocks
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

/** The separator and the columns of a file. */
interface Layout {
  separator: Separator;
  columns: Column[];
}

/** Returns the separator of a first line such as `sep=;`, which Excel understands. */
function separatorNamedBy(first: Read<string>): Separator | undefined {
  const separator = 'value' in first ? /^\s*"?sep=(.)"?\s*$/i.exec(first.value)?.[1] : undefined;
  if (separator === undefined || isSeparator(separator)) return separator;
  throw new UnreadableFile(first.line, null, 'names an unsupported separator: use sep=, or sep=;');
}

/** Chooses the separator with which the header names most columns: no column name contains a separator. */
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
  // spreadsheets write empty cells up to the last column that was ever used
  const names = header.slice(0, header.findLastIndex((name) => name !== '') + 1);
  const columns: Column[] = [];
  for (const [index, name] of names.entries()) {
    const fail = (reason: string) => {
      throw new UnreadableFile(line, name === '' ? null : cut(name), reason);
    };
    const column = name.toLowerCase();
    if (name === '') fail(`has no name for column ${index + 1}: name or remove the column`);
    else if (!isColumn(column)) fail(`is not a known column: use ${COLUMNS.join(', ')}`);
    else if (columns.includes(column)) fail('occurs twice: remove one of the two columns');
    else columns.push(column);
  }
  for (const name of REQUIRED_COLUMNS) {
    if (!columns.includes(name)) {
      throw new UnreadableFile(
        line,
        name,
        `is required: name the columns in the first line, as in ${REQUIRED_COLUMNS.join(',')}`,
      );
    }
  }
  return columns;
}

/** Shortens a name, so that no answer is large, and replaces halves of surrogate pairs, which some parsers refuse. */
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
          ? 'add the missing cells'
          : `put quotation marks around a cell with a ${nameOf(separator)}`;
      return { line, reason: `has ${count} cells, but the header has ${expected}: ${advice}` };
    }
    const value: { [K in Column]?: string } = {};
    for (const [index, column] of columns.entries()) {
      const cell = contentOf(column, cells[index] ?? '');
      if (cell !== '' || REQUIRED_COLUMNS.includes(column)) value[column] = cell;
    }
    return { line, value };
  });
}

/** Does not trim a member that is normalized later, because an escape is undone first. */
function contentOf(column: Column, cell: string): string {
  if (column === 'id' || column === 'updated_at') return cell.trim();
  return unescapeFormula(memberOf(column).normalize === undefined ? cell.trim() : cell);
}

function isBlank(cell: string): boolean {
  return !/\S/.test(cell);
}

function nameOf(separator: Separator): string {
  return { ',': 'comma', ';': 'semicolon', '\t': 'tab' }[separator];
}

/** Matches a record of RFC 4180 §2 with this separator: each cell is quoted, or has no quotation mark. */
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

/** Parses all records in one call, which is much faster than a call each. Leaves out malformed records, which would fail it. */
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
  // two misplaced marks may have joined these lines: each may be valid by itself
  return lines
    .map((value, index) => ({ line: record.line + index, value }))
    .filter(hasContent)
    .flatMap((line) => checked(line, separator));
}
