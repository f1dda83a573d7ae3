/** Workbooks as programs write them. */
import { type BuiltPart, buildZip } from './zip-builder.ts';

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

export type BuiltSheet = {
  name: string;
  /** the elements within sheetData */
  rows: string;
  /** what follows them */
  tail?: string;
  state?: 'hidden' | 'veryHidden';
  /** the relationships of the sheet */
  relations?: BuiltRelation[];
};

export type BuiltRelation = { id: string; type: string; target: string; isExternal?: boolean };

export type BuiltWorkbook = {
  sheets: BuiltSheet[];
  /** the content of sst */
  strings?: string;
  /** the content of styleSheet */
  styles?: string;
  workbookProperties?: string;
  /** further parts, and what the workbook says of them */
  parts?: BuiltPart[];
  relations?: BuiltRelation[];
};

/** @returns the parts, for tests that change some */
export function workbookParts(book: BuiltWorkbook): BuiltPart[] {
  const { sheets, strings, styles, workbookProperties = '', parts = [], relations = [] } = book;
  const listed = sheets.map(
    ({ name, state }, i) =>
      `<sheet name="${escapeXml(name)}" sheetId="${i + 1}"${state ? ` state="${state}"` : ''} r:id="rId${i + 1}"/>`,
  );
  const related: BuiltRelation[] = [
    ...sheets.map((_, i) => ({
      id: `rId${i + 1}`,
      type: 'worksheet',
      target: `worksheets/sheet${i + 1}.xml`,
    })),
    ...(strings === undefined ? [] : [{ id: 'rIdS', type: 'sharedStrings', target: 'sharedStrings.xml' }]),
    ...(styles === undefined ? [] : [{ id: 'rIdF', type: 'styles', target: 'styles.xml' }]),
    ...relations,
  ];
  return [
    {
      name: '[Content_Types].xml',
      content: `${DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
    },
    relationsPart('_rels/.rels', [{ id: 'rId1', type: 'officeDocument', target: 'xl/workbook.xml' }]),
    {
      name: 'xl/workbook.xml',
      content: `${DECLARATION}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}">${workbookProperties}<sheets>${listed.join('')}</sheets></workbook>`,
    },
    relationsPart('xl/_rels/workbook.xml.rels', related),
    ...sheets.flatMap((sheet, i) => sheetParts(sheet, i + 1)),
    ...(strings === undefined
      ? []
      : [{ name: 'xl/sharedStrings.xml', content: `${DECLARATION}<sst xmlns="${MAIN}">${strings}</sst>` }]),
    ...(styles === undefined
      ? []
      : [
          {
            name: 'xl/styles.xml',
            content: `${DECLARATION}<styleSheet xmlns="${MAIN}">${styles}</styleSheet>`,
          },
        ]),
    ...parts,
  ];
}

export function workbook(book: BuiltWorkbook): Buffer {
  return buildZip(workbookParts(book));
}

function sheetParts({ rows, tail = '', relations = [] }: BuiltSheet, number: number): BuiltPart[] {
  const content = `${DECLARATION}<worksheet xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheetData>${rows}</sheetData>${tail}</worksheet>`;
  return [
    { name: `xl/worksheets/sheet${number}.xml`, content },
    ...(relations.length > 0
      ? [relationsPart(`xl/worksheets/_rels/sheet${number}.xml.rels`, relations)]
      : []),
  ];
}

/** A part of relationships. A type without a scheme is one of Office's. */
export function relationsPart(name: string, relations: BuiltRelation[]): BuiltPart {
  const list = relations.map(
    ({ id, type, target, isExternal }) =>
      `<Relationship Id="${id}" Type="${type.includes('://') ? type : `${OFFICE}/${type}`}" Target="${escapeXml(target)}"${isExternal ? ' TargetMode="External"' : ''}/>`,
  );
  return {
    name,
    content: `${DECLARATION}<Relationships xmlns="${PACKAGE}">${list.join('')}</Relationships>`,
  };
}

/** A workbook of one sheet of texts, as inline strings. */
export function textWorkbook(rows: string[][], name = 'Products'): Buffer {
  return workbook({ sheets: [{ name, rows: textRows(rows) }] });
}

/** The rows of texts, from row 1. Empty cells are left out, as programs do. */
export function textRows(rows: string[][]): string {
  return rows
    .map((cells, i) => {
      const written = cells.map((text, column) =>
        text === ''
          ? ''
          : `<c r="${cellName(column, i + 1)}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(text)}</t></is></c>`,
      );
      return `<row r="${i + 1}">${written.join('')}</row>`;
    })
    .join('');
}

export function cellName(column: number, row: number): string {
  const letters = (index: number): string =>
    (index < 26 ? '' : letters(Math.floor(index / 26) - 1)) + String.fromCharCode(65 + (index % 26));
  return `${letters(column)}${row}`;
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
