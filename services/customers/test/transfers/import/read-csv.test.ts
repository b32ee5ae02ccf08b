import t from 'tap';
import { COLUMNS } from '../../../src/transfers/columns.ts';
import { QuotedLines } from '../../../src/transfers/import/quoted-lines.ts';
import { readCsv } from '../../../src/transfers/import/read-csv.ts';
import { MAX_LINES_AT_ONCE, readLines } from '../../../src/transfers/import/read-lines.ts';
import { allOf, chunksOf } from '../support/chunks.ts';

const recordsOf = (content: string | Buffer, size?: number) =>
  allOf(readCsv(readLines(chunksOf(content, size))));

t.test('the header names the columns, in any order', async (t) => {
  t.same(await recordsOf('dob,name\r\n1960-05-25,Amy\r\n'), [
    { line: 2, value: { dob: '1960-05-25', name: 'Amy' } },
  ]);
  t.same(await recordsOf('\ufeff"name","dob"\nAmy,1960-05-25'), [
    { line: 2, value: { name: 'Amy', dob: '1960-05-25' } },
  ]);
  t.same(await recordsOf('name,dob'), [], 'also without records');
});

t.test('column names may be in any case, with white space around them', async (t) => {
  t.same(await recordsOf('\ufeff" Name ",\tDOB ,Updated_At\nAmy,1960-05-25,\n'), [
    { line: 2, value: { name: 'Amy', dob: '1960-05-25' } },
  ]);
});

t.test('an unusable header is an UnreadableFile with advice', async (t) => {
  const headers: [header: string, column: string | null, reason: RegExp][] = [
    ['', 'name', /is required: name the columns in the first line, as in name,dob/],
    ['\n\n', 'name', /is required/],
    ['\ufeff', 'name', /is required/],
    [',,,\n', 'name', /is required/],
    ['sep=;', 'name', /is required/],
    ['name\n', 'dob', /is required/],
    ['name,dob,phone\n', 'phone', new RegExp(`is not a known column: use ${COLUMNS.join(', ')}`)],
    ['name;dob;phone\n', 'phone', /is not a known column/],
    ['first name;last name\n', 'first name', /is not a known column/],
    ['name|dob\n', 'name|dob', /is not a known column/],
    ['Ann,1960-05-25\n', 'Ann', /is not a known column/],
    ['"na\nme",dob\n', 'na\nme', /is not a known column/],
    [`${'🦊'.repeat(99)}x,name,dob\n`, '🦊'.repeat(50), /is not a known column/],
    [`x${'🦊'.repeat(99)},name,dob\n`, `x${'🦊'.repeat(49)}\ufffd`, /is not a known column/],
    ['name,dob,name\n', 'name', /occurs twice: remove one/],
    ['name,dob,Name\n', 'Name', /occurs twice: remove one/],
    ['name,,dob\n', null, /has no name for column 2: name or remove/],
    ['sep=|\nname|dob\n', null, /names an unsupported separator: use/],
    ['sep=;\nname,dob\n', 'name,dob', /is not a known column/],
    ['"name,dob\n', null, /quotation mark/],
    ['na"me,dob\n', null, /quotation mark/],
    ['n"a"me,dob\n', null, /has a quotation mark in the wrong place: put one at/],
    ['{"name":"Amy","dob":"1960-05-25"}\n', null, /quotation mark/],
    [`${'x'.repeat(20_000)}\n`, null, /is longer/],
    [`${','.repeat(16_000)}\n`, 'name', /is required/],
    ['Zo\u00eb,name,dob\n', null, /is not UTF-8: save the file as UTF-8/],
  ];
  for (const [header, column, message] of headers) {
    const content = header.startsWith('Zo') ? Buffer.from(header, 'latin1') : header;
    await t.rejects(
      recordsOf(content),
      { name: 'UnreadableFile', column, message },
      JSON.stringify(header.slice(0, 40)),
    );
  }
});

t.test('cells are separated by the separator of the header: comma, semicolon or tab', async (t) => {
  const files = [
    'name;dob\nAnn, b;1\n"x;""y""";2\n',
    'name\tdob\nAnn, b\t1\n"x;""y"""\t2\n',
    'name,dob\n"Ann, b",1\n"x;""y""",2\n',
    '"name";"dob"\r"Ann, b";"1"\r"x;""y""";"2"\r',
    ' Name ; DOB \r\nAnn, b;1\r\n"x;""y""";2\r\n',
    'dob;name\n1;Ann, b\n2;"x;""y"""\n',
  ];
  for (const content of files) {
    for (const size of [1, 65_536]) {
      t.same(
        (await recordsOf(content, size)).map((record) => ('value' in record ? record.value : record)),
        [
          { name: 'Ann, b', dob: '1' },
          { name: 'x;"y"', dob: '2' },
        ],
        content,
      );
    }
  }
});

t.test('a line in front of the header may name the separator, as for Excel', async (t) => {
  const people = [{ line: 3, value: { name: 'Amy', dob: '1' } }];
  for (const [line, separator] of [
    ['sep=;', ';'],
    ['SEP=,', ','],
    ['"sep=;"', ';'],
    ['sep=\t', '\t'],
  ] as const) {
    const content = `\ufeff${line}\r\nname${separator}dob\r\nAmy${separator}1\r\n`;
    for (const size of [1, 65_536]) t.same(await recordsOf(content, size), people, line);
  }
});

t.test('empty cells after the last column, which spreadsheets write, are ignored', async (t) => {
  t.same(await recordsOf('name,dob,, \nAnn,1\nBob,2,,\nCid,3,,,,\n'), [
    { line: 2, value: { name: 'Ann', dob: '1' } },
    { line: 3, value: { name: 'Bob', dob: '2' } },
    { line: 4, value: { name: 'Cid', dob: '3' } },
  ]);
});

t.test('lines of white space are skipped, and a line of empty cells is reported', async (t) => {
  const reason = /^has only empty cells: fill them in, or remove the line/;
  t.match(await recordsOf('\n \t\nname,dob\n   \n\t\n,\nAnn,1\n\u00a0\n , ,\n"",""\n'), [
    { line: 6, reason },
    { line: 7, value: { name: 'Ann', dob: '1' } },
    { line: 9, reason },
    { line: 10, reason },
  ]);
});

t.test('cells are trimmed, except names, which their own rule trims', async (t) => {
  const id = '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10';
  t.same(await recordsOf(`id, name, dob\n ${id} , Ann , 1\n , Bob,2\n`), [
    { line: 2, value: { id, name: ' Ann ', dob: '1' } },
    { line: 3, value: { name: ' Bob', dob: '2' } },
  ]);
});

t.test('lines may end with CR alone, and with different line ends', async (t) => {
  for (const size of [1, 2, 3, 65_536]) {
    t.same(await recordsOf('\ufeffname,dob\rAnn,1\rBob,2\nCid,3\r\n\r\nDan,4', size), [
      { line: 2, value: { name: 'Ann', dob: '1' } },
      { line: 3, value: { name: 'Bob', dob: '2' } },
      { line: 4, value: { name: 'Cid', dob: '3' } },
      { line: 6, value: { name: 'Dan', dob: '4' } },
    ]);
  }
});

t.test('blocks without a record are yielded too, so that other requests can run', async (t) => {
  for (const line of ['\n', '\r', ' \n']) {
    let blocks = 0;
    for await (const _ of readCsv(readLines(chunksOf(`name,dob\n${line.repeat(30_000)}`)))) blocks++;
    t.ok(blocks >= 30, `${blocks} blocks`);
  }
});

t.test(
  'quoted cells may have commas, quotation marks and line ends (as LF), and line numbers are those of the file',
  async (t) => {
    const content = 'name,dob\r\n"Ann, ""the"" first",1\r\n"a\r\nb\rc",2\r\n\r\nlast,3\r\n';
    for (const size of [1, 3, 65_536]) {
      t.same(await recordsOf(content, size), [
        { line: 2, value: { name: 'Ann, "the" first', dob: '1' } },
        { line: 3, value: { name: 'a\nb\nc', dob: '2' } },
        { line: 7, value: { name: 'last', dob: '3' } },
      ]);
    }
  },
);

t.test('a misplaced quotation mark costs only its line', async (t) => {
  const content = 'name,dob\nfirst,1\na"b,2\n"c"d,3\n"e"f"g",4\nlast,5\n';
  const reason = /^has a quotation mark in the wrong place: put one at the start and the end/;
  t.match(await recordsOf(content), [
    { line: 2, value: { name: 'first', dob: '1' } },
    { line: 3, reason: /^has a quotation mark that is not closed: close it/ },
    { line: 4, reason },
    { line: 5, reason },
    { line: 6, value: { name: 'last', dob: '5' } },
  ]);
});

t.test('two misplaced quotation marks do not cost the lines between them', async (t) => {
  const reason = /^has a quotation mark in the wrong place: put one at the start and the end/;
  t.match(await recordsOf('name,dob\na"b,1\ngood,2\nc"d,3\n'), [
    { line: 2, reason },
    { line: 3, value: { name: 'good', dob: '2' } },
    { line: 4, reason },
  ]);
});

t.test('a quotation mark that is never closed costs only its line, also in a long file', async (t) => {
  const others = Array.from({ length: 5_000 }, (_, index) => ({
    line: index + 3,
    value: { name: `Customer ${index}`, dob: '1960-05-25' },
  }));
  const content = `name,dob\n"open,1\n${others.map(({ value }) => `${value.name},${value.dob}\n`).join('')}`;
  for (const size of [1_000, 65_536]) {
    const [broken, ...rest] = await recordsOf(content, size);
    t.match(broken, { line: 2, reason: /^has a quotation mark that is not closed: close it/ });
    t.same(rest, others);
  }
});

t.test('few lines are held in memory after an open quotation mark, also if they are empty', async (t) => {
  const quoted = new QuotedLines();
  quoted.join([{ line: 1, value: '"' }]);
  let lines = 1;
  while (lines < 50_000 && quoted.join([{ line: ++lines, value: '' }]).length === 0);
  t.ok(lines <= MAX_LINES_AT_ONCE, `${lines} lines`);
});

t.test('a record with more or fewer cells than the header is reported', async (t) => {
  t.match(await recordsOf('name,dob\nAnn\nAnn,1,2\n'), [
    { line: 2, reason: /^has 1 cells, but the header has 2: add/ },
    { line: 3, reason: /^has 3 cells, but the header has 2: put quotation marks around a cell with a comma/ },
  ]);
});

t.test('an empty cell of an optional column counts as missing', async (t) => {
  t.same(await recordsOf('id,name,dob,updated_at\n,,1,\n'), [{ line: 2, value: { name: '', dob: '1' } }]);
});
