import t from 'tap';
import { MAX_LINES_AT_ONCE, MAX_RECORD_BYTES, readLines } from '../../../src/transfers/import/read-lines.ts';
import { allOf, chunksOf } from '../support/chunks.ts';

const linesOf = (content: string | Buffer, size?: number) => allOf(readLines(chunksOf(content, size)));

t.test('lines are the same for every size of chunks', async (t) => {
  const content = '\ufeffname,dob\r\nZoë 🦊,1\n\n李,2\r\r\nÉ,3\r\r\r\n\nend\r';
  const lines = ['name,dob', 'Zoë 🦊,1', '', '李,2', '', 'É,3', '', '', '', 'end'].map((value, index) => ({
    line: index + 1,
    value,
  }));
  for (const size of [1, 2, 3, 5, 7, 65_536]) t.same(await linesOf(content, size), lines, `${size} bytes`);
});

t.test('LF, CRLF and CR end a line, also the last one', async (t) => {
  for (const end of ['\n', '\r\n', '\r']) {
    for (const size of [1, 2, 3, 65_536]) {
      t.same(
        await linesOf(`a${end}${end}b${end}`, size),
        [
          { line: 1, value: 'a' },
          { line: 2, value: '' },
          { line: 3, value: 'b' },
        ],
        JSON.stringify(end),
      );
    }
  }
});

t.test('UTF-16 and UTF-32 are refused with advice, for every size of chunks', async (t) => {
  const text = 'name,dob\r\nZoë,1960-05-25\r\n';
  const bigEndian = (content: string) => Buffer.from(content, 'utf16le').swap16();
  const utf32 = Buffer.concat([...text].map((letter) => Buffer.from([letter.charCodeAt(0), 0, 0, 0])));
  const files: [string, Buffer][] = [
    ['UTF-16LE with a byte order mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16BE with a byte order mark', bigEndian(`\ufeff${text}`)],
    ['UTF-16LE', Buffer.from(text, 'utf16le')],
    ['UTF-16BE', bigEndian(text)],
    ['UTF-16LE that begins with a line end', Buffer.from(`\n${text}`, 'utf16le')],
    ['UTF-32LE', utf32],
    ['a byte order mark of UTF-16 alone', Buffer.from('\ufeff', 'utf16le')],
    ['a single zero', Buffer.from([0])],
  ];
  const refusal = {
    name: 'UnreadableFile',
    line: 1,
    column: null,
    message: /^is UTF-16.*save the file as UTF-8/,
  };
  for (const [name, content] of files) {
    for (const size of [1, 2, 3, 65_536]) await t.rejects(linesOf(content, size), refusal, name);
  }
});

t.test('a line with zero bytes is reported, and the others are read', async (t) => {
  const reason = /^has zero bytes.*save the file as UTF-8/;
  t.match(await linesOf('name,dob\na\0b\nlast'), [
    { line: 1, value: 'name,dob' },
    { line: 2, reason },
    { line: 3, value: 'last' },
  ]);
});

t.test('a byte order mark is removed only at the start of the file', async (t) => {
  t.same(await linesOf('\ufeffa\n\ufeffb\n'), [
    { line: 1, value: 'a' },
    { line: 2, value: '\ufeffb' },
  ]);
});

t.test('a file without content has no lines', async (t) => {
  t.same(await linesOf(''), []);
  t.same(await linesOf('\n'), [{ line: 1, value: '' }]);
});

t.test('a line that is not UTF-8 is reported, and the others are read', async (t) => {
  const content = Buffer.concat([
    Buffer.from('Zoë\n'),
    Buffer.from('Zo\u00eb\n', 'latin1'),
    Buffer.from('overlong \xc0\xaf, half a pair \xed\xa0\x80\n', 'latin1'),
    Buffer.from('\ufffd is a character\n'),
    Buffer.from('Zo\u00eb', 'latin1'),
  ]);
  for (const size of [1, 4, 65_536]) {
    const reason = /^is not UTF-8: save the file as UTF-8/;
    t.match(
      await linesOf(content, size),
      [
        { line: 1, value: 'Zoë' },
        { line: 2, reason },
        { line: 3, reason },
        { line: 4, value: '\ufffd is a character' },
        { line: 5, reason },
      ],
      `${size} bytes`,
    );
  }
});

t.test(
  'a line that is too long is reported once, for every size of chunks, and the others are read',
  async (t) => {
    const reason = new RegExp(`^is longer than ${MAX_RECORD_BYTES} bytes: put each customer on a line`);
    const longest = 'é'.repeat(MAX_RECORD_BYTES / 2);
    const content = `${longest}\n${longest}x\n${'y'.repeat(500_000)}\nlast`;
    for (const size of [1_000, 16_384, 65_536, 1_000_000]) {
      t.match(
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
    t.match(await linesOf('y'.repeat(100_000), 10_000), [{ line: 1, reason }], 'also at the end');
  },
);

t.test('a block has few lines, also if they are short', async (t) => {
  for (const line of ['\n', '\r', '\r\n', 'x\n', 'x\r', '\xff\n', '\xff\r']) {
    let count = 0;
    for await (const lines of readLines(chunksOf(Buffer.from(line.repeat(30_000), 'latin1')))) {
      if (lines.length > MAX_LINES_AT_ONCE) t.fail(`${lines.length} lines`);
      for (const { line } of lines) if (line !== ++count) t.fail(`line ${line}`);
    }
    t.equal(count, 30_000, JSON.stringify(line));
  }
});
