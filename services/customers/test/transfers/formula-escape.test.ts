import t from 'tap';
import { escapeFormula, unescapeFormula } from '../../src/transfers/formula-escape.ts';

t.test('what a spreadsheet would compute has an apostrophe in front, and nothing else has', async (t) => {
  for (const cell of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r', '\u0001', '＝1', "'=1", "''@x"]) {
    t.equal(escapeFormula(cell), `'${cell}`);
  }
  for (const cell of ['Ann', "O'Brien", "'t Hooft", "''", '', '1-1', ' =1', 'a@b'])
    t.equal(escapeFormula(cell), cell);
});

t.test('taking it away gives back what was there', async (t) => {
  for (const cell of ['=1', "'=1", "''=1", "'", "'t Hooft", "'-", '-', '＠', 'Ann', '']) {
    t.equal(unescapeFormula(escapeFormula(cell)), cell);
  }
});
