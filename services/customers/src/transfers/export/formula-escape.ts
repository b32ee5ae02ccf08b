/**
 * The characters that begin a formula at the start of a cell (CWE-1236): `=`, `+`, `-`, `@`, their full-width forms and
 * control characters.
 */
const FORMULA = String.raw`[=+\-@＝＋－＠\p{Cc}]`;
/**
 * The places where a spreadsheet may start a formula: the start of a cell, and after each `;` and tab. Many spreadsheets
 * split a file there, although the cell is quoted: for them the quotation mark is not at the start of a cell. After a `;`
 * or a tab, spaces and quotation marks may precede the formula: spreadsheets trim the spaces, and read the marks as quotes.
 * Apostrophes may stand in front everywhere, so that `unescapeFormula` restores a cell that had some.
 */
const BEFORE_FORMULA = pattern('');
const ESCAPE = pattern("'");

function pattern(mark: string): RegExp {
  return new RegExp(`^${mark}(?='*${FORMULA})|(?<=[;\\t])${mark}(?=[\\p{Zs}"']*${FORMULA})`, 'gu');
}

/** Puts an apostrophe in front of each formula, which a spreadsheet then shows as text. */
export function escapeFormula(cell: string): string {
  return cell.replace(BEFORE_FORMULA, "'");
}

/** Restores the cell that `escapeFormula` got. */
export function unescapeFormula(cell: string): string {
  return cell.replace(ESCAPE, '');
}
