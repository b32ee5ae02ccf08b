import t from 'tap';
import { QuotedLines } from '../../src/transfers/quoted-lines.ts';
import { readCsv } from '../../src/transfers/read-csv.ts';
import { MAX_LINES_AT_ONCE, readLines } from '../../src/transfers/read-lines.ts';
import { allOf, chunksOf } from '../support/chunks.ts';

const recordsOf = (content: string, size?: number) => allOf(readCsv(readLines(chunksOf(content, size))));

t.test('the header names the columns, in any order', async (t) => {
  t.same(await recordsOf('dob,name\r\n1960-05-25,Amy\r\n'), [
    { line: 2, value: { dob: '1960-05-25', name: 'Amy' } },
  ]);
  t.same(await recordsOf('\ufeff"name","dob"\nAmy,1960-05-25'), [
    { line: 2, value: { name: 'Amy', dob: '1960-05-25' } },
  ]);
  t.same(await recordsOf('name,dob'), [], 'also when nothing follows');
});

t.test('a header that is no use ends it, and says why', async (t) => {
  const headers: [header: string, column: string | null, reason: RegExp][] = [
    ['', 'name', /is required/],
    ['\n\n', 'name', /is required/],
    ['name\n', 'dob', /is required/],
    ['name;dob\n', 'name;dob', /is not known/],
    ['name,dob,phone\n', 'phone', /is not known/],
    ['Name,dob\n', 'Name', /is not known/],
    ['name,dob,name\n', 'name', /is there twice/],
    ['name,dob,\n', '', /is not known/],
    ['"name,dob\n', null, /quotation mark/],
    ['{"name":"Amy","dob":"1960-05-25"}\n', null, /quotation mark/],
    [`${'x'.repeat(20_000)}\n`, null, /is longer/],
  ];
  for (const [header, column, message] of headers) {
    await t.rejects(
      recordsOf(header),
      { name: 'UnreadableHeader', column, message },
      JSON.stringify(header.slice(0, 40)),
    );
  }
});

t.test(
  'quoted cells hold commas, quotation marks and line ends, and lines are counted as they are in the file',
  async (t) => {
    const content = 'name,dob\r\n"Ann, ""the"" first",1\r\n"a\r\nb\nc",2\r\n\r\nlast,3\r\n';
    for (const size of [1, 3, 65_536]) {
      t.same(await recordsOf(content, size), [
        { line: 2, value: { name: 'Ann, "the" first', dob: '1' } },
        { line: 3, value: { name: 'a\r\nb\nc', dob: '2' } },
        { line: 7, value: { name: 'last', dob: '3' } },
      ]);
    }
  },
);

t.test('a quotation mark in the wrong place costs its line alone', async (t) => {
  const content = 'name,dob\nfirst,1\na"b,2\n"c"d,3\n"e"f"g",4\nlast,5\n';
  const reason = 'has a quotation mark in the wrong place';
  t.same(await recordsOf(content), [
    { line: 2, value: { name: 'first', dob: '1' } },
    { line: 3, reason: 'has a quotation mark that is not closed' },
    { line: 4, reason },
    { line: 5, reason },
    { line: 6, value: { name: 'last', dob: '5' } },
  ]);
});

t.test('two of them on different lines do not cost what is between', async (t) => {
  const reason = 'has a quotation mark in the wrong place';
  t.same(await recordsOf('name,dob\na"b,1\ngood,2\nc"d,3\n'), [
    { line: 2, reason },
    { line: 3, value: { name: 'good', dob: '2' } },
    { line: 4, reason },
  ]);
});

t.test('one that is never closed costs its line alone, however long the file goes on', async (t) => {
  const others = Array.from({ length: 5_000 }, (_, index) => ({
    line: index + 3,
    value: { name: `Customer ${index}`, dob: '1960-05-25' },
  }));
  const content = `name,dob\n"open,1\n${others.map(({ value }) => `${value.name},${value.dob}\n`).join('')}`;
  for (const size of [1_000, 65_536]) {
    const [broken, ...rest] = await recordsOf(content, size);
    t.same(broken, { line: 2, reason: 'has a quotation mark that is not closed' });
    t.same(rest, others);
  }
});

t.test('what is behind one is not kept for long, also when it is nothing but line ends', async (t) => {
  const quoted = new QuotedLines();
  quoted.join([{ line: 1, value: '"' }]);
  let lines = 1;
  while (lines < 50_000 && quoted.join([{ line: ++lines, value: '' }]).length === 0);
  t.ok(lines <= MAX_LINES_AT_ONCE, `${lines} lines`);
});

t.test('a record with more or fewer cells than the header is told', async (t) => {
  t.same(await recordsOf('name,dob\nAnn\nAnn,1,2\n'), [
    { line: 2, reason: 'has 1 cells, and the header 2' },
    { line: 3, reason: 'has 3 cells, and the header 2' },
  ]);
});

t.test('an empty cell is no value where there need not be one', async (t) => {
  t.same(await recordsOf('id,name,dob,updated_at\n,,,\n'), [{ line: 2, value: { name: '', dob: '' } }]);
});
