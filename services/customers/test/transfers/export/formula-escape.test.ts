import { isWithin } from '@pair/test-kit';
import t from 'tap';
import { escapeFormula, unescapeFormula } from '../../../src/transfers/export/formula-escape.ts';

t.test('an apostrophe is put in front of a formula, and of no other cell', async (t) => {
  for (const cell of ['=1+1', '+1', '-1', '@SUM(A1)', '\r', '\u0001', '＝1', "'=1", "''@x"]) {
    t.equal(escapeFormula(cell), `'${cell}`);
  }
  for (const cell of [
    'Ann',
    "O'Brien",
    "'t Hooft",
    "''",
    '',
    '1-1',
    ' =1',
    'a@b',
    'a;b',
    '; ;',
    ";'",
    'x; y = z',
  ])
    t.equal(escapeFormula(cell), cell);
});

t.test('an apostrophe is put in front of a formula after a semicolon or a tab too', async (t) => {
  const cells: [cell: string, escaped: string][] = [
    ['x;=1+1', "x;'=1+1"],
    ['x\t=1+1', "x\t'=1+1"],
    ['x; =1', "x;' =1"],
    ['x;"=1', 'x;\'"=1'],
    ['x;""\u00a0＝1', 'x;\'""\u00a0＝1'],
    ["x;'=1", "x;''=1"],
    ["x;' =1", "x;'' =1"],
    ['=1;+2;-3;@4', "'=1;'+2;'-3;'@4"],
    [';;=1', ";;'=1"],
    ['\t=1', "'\t'=1"],
  ];
  for (const [cell, escaped] of cells) t.equal(escapeFormula(cell), escaped);
});

/** Yields every string of up to `length` of these letters. */
function* stringsOf(letters: string[], length: number): Generator<string> {
  yield '';
  if (length === 0) return;
  for (const rest of stringsOf(letters, length - 1)) for (const letter of letters) yield letter + rest;
}

const LETTERS = ["'", '=', '+', '-', '@', ';', '\t', '＝', '－', ' ', '\u3000', '"', 'a', ',', '\n', '🦊'];

t.test('unescapeFormula restores every cell', async (t) => {
  const wrong: string[] = [];
  for (const cell of stringsOf(LETTERS, 4))
    if (unescapeFormula(escapeFormula(cell)) !== cell) wrong.push(cell);
  t.same(wrong, []);
});

t.test(
  'no escaped cell has a formula after a semicolon or a tab, also after spaces and quotation marks',
  async (t) => {
    const behind = /^[\s"]*[=+\-@＝－]/;
    const wrong: string[] = [];
    for (const cell of stringsOf(LETTERS, 4)) {
      const [first = '', ...others] = escapeFormula(cell).split(/[;\t]/);
      if (/^[=+\-@＝－]/.test(first) || others.some((part) => behind.test(part))) wrong.push(cell);
    }
    t.same(wrong, []);
  },
);

t.test(
  'a file of an earlier version, which escaped only the start of a cell, is read correctly',
  async (t) => {
    const cells: [escaped: string, cell: string][] = [
      ["'=1", '=1'],
      ["''=1", "'=1"],
      ["'-x;y", '-x;y'],
      ['x;=1', 'x;=1'],
      ["'t Hooft", "'t Hooft"],
      ["' =1", "' =1"],
    ];
    for (const [escaped, cell] of cells) t.equal(unescapeFormula(escaped), cell);
  },
);

t.test('a long cell of special characters alone takes less than a second', async (t) => {
  const started = performance.now();
  for (const unit of ["'", ';', ";'", '; ', '"', "=';"]) {
    const cell = unit.repeat(16_384 / unit.length);
    if (unescapeFormula(escapeFormula(cell)) !== cell) t.fail(unit);
  }
  t.ok(isWithin(performance.now() - started, 1_000));
});
