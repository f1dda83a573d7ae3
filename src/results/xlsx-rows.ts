/** The rows of a sheet as XML. Every cell is an inline string: a SKU stays as it is, and nothing is a formula. */
import { STYLE } from './xlsx-parts.ts';

/** Text that needs no escape in XML, nor the attribute that keeps its white space. */
const NEEDS_CARE = /[<>&\0-\u001f\ud800-\udfff\ufffe\uffff]|_x[\da-f]{4}_|^ | $/i;
/** What Excel reads as an escaped character (ECMA-376, part 1, 22.9.2.19). */
const LOOKS_ESCAPED = /_(?=x[\da-f]{4}_)/gi;
/** Characters that XML has an entity for, or that it cannot hold; a parser would change CR to LF. */
const ESCAPED = /[<>&\0-\u0008\u000b-\u001f\ufffe\uffff]/g;
const ENTITIES: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };

/** @param row its number, from 1 */
export function rowXml(cells: readonly string[], row: number): string {
  const style = row === 1 ? STYLE.header : STYLE.text;
  let xml = `<row r="${row}">`;
  for (let column = 0; column < cells.length; column += 1) {
    const cell = cells[column] ?? '';
    if (cell === '') continue;
    const text = NEEDS_CARE.test(cell)
      ? `<t xml:space="preserve">${escapedText(cell)}</t>`
      : `<t>${cell}</t>`;
    xml += `<c r="${columnLetters(column)}${row}" s="${style}" t="inlineStr"><is>${text}</is></c>`;
  }
  return `${xml}</row>`;
}

function escapedText(cell: string): string {
  return cell
    .toWellFormed()
    .replaceAll(LOOKS_ESCAPED, '_x005F_')
    .replaceAll(ESCAPED, (character) => ENTITIES[character] ?? escapedCharacter(character));
}

function escapedCharacter(character: string): string {
  return `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
}

const LETTERS: string[] = [];

/** `A` to `Z`, `AA` and so on. @param column from 0 */
export function columnLetters(column: number): string {
  return (LETTERS[column] ??=
    (column < 26 ? '' : columnLetters(Math.floor(column / 26) - 1)) +
    String.fromCharCode(65 + (column % 26)));
}
