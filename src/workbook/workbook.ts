/** Reads a workbook (.xlsx, .xlsm: ECMA-376) as a table. */
import { tmpdir } from 'node:os';
import { otherTable } from '../csv/other-table.ts';
import type { TableRow } from '../csv/records.ts';
import type { Table } from '../csv/table.ts';
import type { ZipFile } from '../zip/zip-file.ts';
import { chooseSheet, type ReadableSheet, type SheetRules } from './choose-sheet.ts';
import { withMergedNames } from './merged-names.ts';
import { Package, targetOf } from './package.ts';
import { CellPictures } from './pictures/cell-pictures.ts';
import { floatingPictures } from './pictures/drawings.ts';
import { richPictures } from './pictures/rich-values.ts';
import { wpsPictures } from './pictures/wps.ts';
import { readSharedStrings } from './shared-strings.ts';
import type { RowParts } from './sheet-reader.ts';
import { readSheetRows } from './sheet-rows.ts';
import { readSheetTail } from './sheet-tail.ts';
import { readStyles } from './styles.ts';
import { readWorkbookPart, type WorkbookPart } from './workbook-part.ts';

export type WorkbookRules = SheetRules & {
  /** for temporary files */
  folder?: string | undefined;
  /** of a picture in a cell */
  maxSourceBytes?: number | undefined;
};

/**
 * Opens the sheet that is to be read.
 * @param stack closes what is open while its rows are read
 * @throws Problem `csv_invalid`, from the rows too
 */
export async function openWorkbook(
  zip: ZipFile,
  rules: WorkbookRules,
  stack: AsyncDisposableStack,
): Promise<Table> {
  const parts = new Package(zip);
  const workbook = await readWorkbookPart(parts);
  const cells = await cellParts(parts, workbook, rules.folder ?? tmpdir());
  stack.defer(() => cells.texts.close());
  const sheet = await chooseSheet(workbook.sheets, rules, async ({ part }) =>
    firstOf(rowsOf(parts, part, { ...cells, beside: [] })),
  );
  const pictures = new CellPictures(parts, rules.maxSourceBytes);
  const { rows, merges, hasPictures } = await openSheet(parts, sheet, { cells, pictures });
  return {
    ...otherTable('xlsx', rows, { bom: true }),
    ...(hasPictures && { pictures }),
    sheet: { name: sheet.name, all: workbook.sheets.map(({ name }) => name) },
    withMergedNames: (header, records) => withMergedNames(merges, header, records),
  };
}

type Cells = Omit<RowParts, 'beside'>;

async function cellParts(parts: Package, workbook: WorkbookPart, folder: string): Promise<Cells> {
  const { relationships, is1904 } = workbook;
  const styles = await readStyles(parts, targetOf(relationships, 'styles'));
  const rich = await richPictures(parts, relationships);
  const wps = await wpsPictures(parts, relationships);
  const texts = await readSharedStrings(parts, targetOf(relationships, 'sharedStrings'), folder);
  return { texts, styles, is1904, richPictures: rich, wpsPictures: wps };
}

async function openSheet(
  parts: Package,
  { part: name }: ReadableSheet,
  { cells, pictures }: { cells: Cells; pictures: CellPictures },
) {
  const part = parts.find(name);
  if (!part) return { rows: none(), merges: [], hasPictures: false };
  const { merges, links, drawings } = await readSheetTail(parts, part);
  const floating = await floatingPictures(parts, drawings);
  for (const ofRow of floating.values()) pictures.hold(ofRow);
  const rows = rowsOf(parts, name, { ...cells, beside: [links, floating] });
  const hasRich = cells.richPictures.values().some((each) => 'part' in each);
  const hasPictures = hasRich || floating.size + cells.wpsPictures.size > 0;
  return { rows: hasPictures ? pictures.holdAll(rows) : rows, merges, hasPictures };
}

function rowsOf(parts: Package, name: string, rowParts: RowParts): AsyncGenerator<TableRow> {
  const part = parts.find(name);
  return part ? readSheetRows(part.name, parts.read(part), rowParts) : none();
}

async function* none(): AsyncGenerator<TableRow> {}

const FIRST_ROWS = 30; // the header is looked for in the first 20, and has rows below it

async function firstOf(rows: AsyncGenerator<TableRow>): Promise<TableRow[]> {
  const first: TableRow[] = [];
  for await (const row of rows) if (first.push(row) === FIRST_ROWS) break;
  return first;
}
