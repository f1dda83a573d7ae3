/** Lines below a header that describe its columns: templates of marketplaces have them. */
import { hasBeside, lineEndsIn, type TableRow } from '../records.ts';

const MAX_DESCRIPTIONS = 3;

const REQUIREMENT =
  /^(?:conditionally )?(?:required|optional|preferred|desired|recommended|mandatory|conditional|pflicht(?:feld)?|erforderlich|empfohlen|optionnel|facultatif|obligatoire|recommandé|obligatorio|opcional|recomendado|obbligatorio|facoltativo|verplicht|optioneel)$/i;
const UNIT =
  /^[([]?(?:mm|cm|inch(?:es)?|px|pixels?|kg|grams?|lbs?|oz|ml|eur|usd|gbp|€|\$|£|text|string|number|integer|decimal|boolean|date|urls?)[)\]]?$/i;

/**
 * How many of the records right below the header describe its columns.
 * @param headerAt index of the header in `records`
 * @param images the image columns
 */
export function descriptionsBelow(records: TableRow[], headerAt: number, images: number[]): number {
  const firstRow = dataRowOf(records);
  const rows = records.slice(headerAt + 1, headerAt + 1 + MAX_DESCRIPTIONS);
  const isDescription = (row: TableRow): boolean =>
    (firstRow !== undefined && sheetRow(records, row) < firstRow) ||
    (!images.some((i) => hasBeside(row, i)) && describes(row.cells, images));
  const end = rows.findIndex((row) => !isDescription(row));
  return end < 0 ? rows.length : end;
}

function describes(cells: string[], images: number[]): boolean {
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
  const ofImages = images.map((i) => (cells[i] ?? '').trim()).filter((cell) => cell !== '');
  if (filled.some(isAddress)) return false;
  if (/^#?info\b/i.test(cells[0] ?? '') && ofImages.length === 0) return true; // eBay
  if (filled.length > 0 && filled.every((cell) => REQUIREMENT.test(cell) || UNIT.test(cell))) return true;
  return ofImages.length > 0 && ofImages.every((cell) => REQUIREMENT.test(cell) || isSentence(cell));
}

/** The path of a file is no sentence. */
function isSentence(cell: string): boolean {
  return cell.split(/\s+/).length > 2 && !/[/\\]|\.\w{2,5}$/.test(cell);
}

/** The row of the sheet where the data begin, from Amazon's first line: `…&labelRow=4&attributeRow=5&dataRow=7`. */
function dataRowOf([first]: TableRow[]): number | undefined {
  const text = first?.cells.join(' ') ?? '';
  const from = text.search(/\bTemplateType=/i);
  const row = from < 0 ? undefined : /\bdataRow=(\d+)/i.exec(text.slice(from))?.[1];
  return row === undefined ? undefined : Number(row);
}

/** The number of a record as a row of the sheet: its line in the file, without the line ends inside of cells. */
function sheetRow(records: TableRow[], { line }: TableRow): number {
  const inCells = records.filter((record) => record.line < line).map(({ cells }) => lineEndsIn(cells));
  return line - inCells.reduce((sum, count) => sum + count, 0);
}

/** Whether a cell begins with a web address. */
export function isAddress(cell = ''): boolean {
  return /^\s*https?:\/\//i.test(cell);
}
