/**
 * What a spreadsheet would take for a formula at the start of a cell (CWE-1236): `=`, `+`, `-`, `@`, their full-width forms and
 * control characters.
 */
const FORMULA = String.raw`[=+\-@＝＋－＠\p{Cc}]`;
/**
 * Where a spreadsheet may start a cell: at the start, and behind each `;` and tab, because many split a file there, in spite of
 * quotation marks that do not start what is the cell for them. Behind those also what stands in front of the formula counts:
 * spaces, which are trimmed, and quotation marks, which would open and close. Apostrophes count everywhere, so that taking one
 * away gives back what was there.
 */
const BEFORE_FORMULA = pattern('');
const ESCAPE = pattern("'");

function pattern(mark: string): RegExp {
  return new RegExp(`^${mark}(?='*${FORMULA})|(?<=[;\\t])${mark}(?=[\\p{Zs}"']*${FORMULA})`, 'gu');
}

/** With an apostrophe in front of each part that a spreadsheet would compute: shown as text then. */
export function escapeFormula(cell: string): string {
  return cell.replace(BEFORE_FORMULA, "'");
}

/** What `escapeFormula` was given. */
export function unescapeFormula(cell: string): string {
  return cell.replace(ESCAPE, '');
}
