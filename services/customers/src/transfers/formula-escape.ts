/**
 * What a spreadsheet would take for a formula when it opens the file (CWE-1236): `=`, `+`, `-`, `@`, their full-width forms
 * and control characters, at the start. Also behind apostrophes, so that taking one away gives back what was there.
 */
const FORMULA = /^'*[=+\-@＝＋－＠\p{Cc}]/u;

/** With an apostrophe in front, if a spreadsheet would compute it: shown as text then. */
export function escapeFormula(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell;
}

/** What `escapeFormula` was given. */
export function unescapeFormula(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}
