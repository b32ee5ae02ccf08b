import t from 'tap';
import { readLines } from '../../../src/transfers/import/read-lines.ts';
import { readNdjson } from '../../../src/transfers/import/read-ndjson.ts';
import { allOf, chunksOf } from '../support/chunks.ts';

const recordsOf = (content: string, size?: number) => allOf(readNdjson(readLines(chunksOf(content, size))));

t.test('each line is a JSON text, and empty lines are skipped', async (t) => {
  const content = '\ufeff{"name":"Zoë"}\r\n\n  \n[1]\n"text"';
  for (const size of [1, 65_536]) {
    t.same(await recordsOf(content, size), [
      { line: 1, value: { name: 'Zoë' } },
      { line: 4, value: [1] },
      { line: 5, value: 'text' },
    ]);
  }
});

t.test('lines may end with CR alone', async (t) => {
  t.same(await recordsOf('\ufeff{"name":"Zoë"}\r\r\t\r[1]\r', 1), [
    { line: 1, value: { name: 'Zoë' } },
    { line: 4, value: [1] },
  ]);
});

t.test('a line that would be refused as a body is refused, and the others are read', async (t) => {
  const lines = ['{"a":1,"a":2}', '{"__proto__":{}}', '{', '{"a":1} {"a":2}', 'NaN', '{"fine":true}'];
  const reason = /^is not valid JSON: put one object on each line, such as \{"name":/;
  t.match(await recordsOf(lines.join('\n')), [
    { line: 1, reason: /^has two members of one name/ },
    { line: 2, reason },
    { line: 3, reason },
    { line: 4, reason },
    { line: 5, reason },
    { line: 6, value: { fine: true } },
  ]);
});
