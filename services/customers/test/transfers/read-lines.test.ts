import t from 'tap';
import { MAX_LINES_AT_ONCE, MAX_RECORD_BYTES, readLines } from '../../src/transfers/read-lines.ts';
import { allOf, chunksOf } from '../support/chunks.ts';

const linesOf = (content: string | Buffer, size?: number) => allOf(readLines(chunksOf(content, size)));

t.test('lines are the same however the bytes are cut into pieces', async (t) => {
  const content = '\ufeffname,dob\r\nZoë 🦊,1\n\n李,2';
  const lines = [
    { line: 1, value: 'name,dob\r' },
    { line: 2, value: 'Zoë 🦊,1' },
    { line: 3, value: '' },
    { line: 4, value: '李,2' },
  ];
  for (const size of [1, 2, 3, 5, 7, 65_536]) t.same(await linesOf(content, size), lines, `${size} bytes`);
});

t.test('a byte order mark counts at the very start alone', async (t) => {
  t.same(await linesOf('\ufeffa\n\ufeffb\n'), [
    { line: 1, value: 'a' },
    { line: 2, value: '\ufeffb' },
  ]);
});

t.test('a file without content has no lines', async (t) => {
  t.same(await linesOf(''), []);
  t.same(await linesOf('\n'), [{ line: 1, value: '' }]);
});

t.test('a line that is not UTF-8 is told, and the others are read', async (t) => {
  const content = Buffer.concat([
    Buffer.from('Zoë\n'),
    Buffer.from('Zo\u00eb\n', 'latin1'),
    Buffer.from('overlong \xc0\xaf, half a pair \xed\xa0\x80\n', 'latin1'),
    Buffer.from('\ufffd is a character\n'),
    Buffer.from('Zo\u00eb', 'latin1'),
  ]);
  for (const size of [1, 4, 65_536]) {
    t.same(
      await linesOf(content, size),
      [
        { line: 1, value: 'Zoë' },
        { line: 2, reason: 'is not UTF-8' },
        { line: 3, reason: 'is not UTF-8' },
        { line: 4, value: '\ufffd is a character' },
        { line: 5, reason: 'is not UTF-8' },
      ],
      `${size} bytes`,
    );
  }
});

t.test('a line that is too long is told once, wherever it is cut, and the others are read', async (t) => {
  const reason = `is longer than ${MAX_RECORD_BYTES} bytes`;
  const longest = 'é'.repeat(MAX_RECORD_BYTES / 2);
  const content = `${longest}\n${longest}x\n${'y'.repeat(500_000)}\nlast`;
  for (const size of [1_000, 16_384, 65_536, 1_000_000]) {
    t.same(
      await linesOf(content, size),
      [
        { line: 1, value: longest },
        { line: 2, reason },
        { line: 3, reason },
        { line: 4, value: 'last' },
      ],
      `${size} bytes`,
    );
  }
  t.same(await linesOf('y'.repeat(100_000), 10_000), [{ line: 1, reason }], 'also at the end');
});

t.test('a block never has many lines, however short they are', async (t) => {
  for (const line of ['\n', 'x\n', '\xff\n']) {
    let count = 0;
    for await (const lines of readLines(chunksOf(Buffer.from(line.repeat(30_000), 'latin1')))) {
      if (lines.length > MAX_LINES_AT_ONCE) t.fail(`${lines.length} lines`);
      for (const { line } of lines) if (line !== ++count) t.fail(`line ${line}`);
    }
    t.equal(count, 30_000, JSON.stringify(line));
  }
});
