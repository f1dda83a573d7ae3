import { invalidFile } from '../csv/invalid-file.ts';
import { countedTo } from './limits.ts';
import { type Package, type Relationship, targetOf } from './package.ts';
import { prefixed } from './xml.ts';

/** `part`: undefined for a chart, which has no cells. */
export type Sheet = { name: string; part: string | undefined; isHidden: boolean };

export type WorkbookPart = {
  sheets: Sheet[];
  /** whether days are counted from 1904, as Excel for Mac did */
  is1904: boolean;
  relationships: Map<string, Relationship>;
};

const MAX_SHEETS = 10_000; // as many as parts

/** @throws Problem `csv_invalid` */
export async function readWorkbookPart(parts: Package): Promise<WorkbookPart> {
  const main = targetOf(await parts.relationshipsOf(''), 'officeDocument');
  if (main === undefined || !parts.find(main))
    throw invalidFile(
      'not_a_csv',
      'The file is no workbook, though it looks like one: its workbook is missing.',
    );
  refuseOthers(main);
  const relationships = await parts.relationshipsOf(main);
  const sheets: Sheet[] = [];
  const countSheet = countedTo(MAX_SHEETS, 'sheets');
  let is1904 = false;
  let isSpreadsheet = false;
  await parts.parse(main, {
    open: (name, attributes) => {
      if (name === 'workbook') isSpreadsheet = true;
      if (name === 'workbookPr') is1904 = /^(1|true|on)$/.test(attributes['date1904'] ?? '');
      if (name !== 'sheet') return;
      countSheet();
      sheets.push(sheetOf(attributes, relationships));
    },
  });
  if (!isSpreadsheet)
    throw invalidFile(
      'not_a_csv',
      'This is another Office document, not a workbook. Export the products as CSV or .xlsx, and upload that.',
    );
  return { sheets, is1904, relationships };
}

function refuseOthers(main: string): void {
  if (/\.bin$/i.test(main))
    throw invalidFile(
      'not_a_csv',
      'This is a binary Excel workbook (.xlsb). Open it, save it as an Excel workbook (.xlsx), and upload that.',
    );
}

function sheetOf(attributes: Record<string, string>, relationships: Map<string, Relationship>): Sheet {
  const { name = '', state } = attributes;
  const target = relationships.get(prefixed(attributes, 'id') ?? '');
  const part = target?.type === 'worksheet' && !target.isExternal ? target.target : undefined;
  return { name, part, isHidden: state === 'hidden' || state === 'veryHidden' };
}
