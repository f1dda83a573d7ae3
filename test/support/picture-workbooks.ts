/** Workbooks with pictures in their cells, of the three kinds that programs write. */
import { type BuiltWorkbook, relationsPart, textRows, workbook } from './workbooks.ts';
import type { BuiltPart } from './zip-builder.ts';

const DRAWING = 'http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing';
const MICROSOFT = 'http://schemas.microsoft.com/office';

export type BuiltPicture = { name: string; content: Buffer };

const mediaOf = (pictures: BuiltPicture[]): BuiltPart[] =>
  pictures.map(({ name, content }) => ({ name: `xl/media/${name}`, content, isStored: true }));

const imageRelations = (pictures: BuiltPicture[]) =>
  pictures.map(({ name }, i) => ({ id: `rId${i + 1}`, type: 'image', target: `../media/${name}` }));

export type Anchored = { picture: number; row: number; column: number };

/** Pictures that float over cells, as all programs write them. Rows count from 1, columns from 0. */
export function floatingWorkbook(rows: string[][], pictures: BuiltPicture[], anchors: Anchored[]): Buffer {
  const xml = anchors.map(
    ({ picture, row, column }) =>
      `<xdr:twoCellAnchor editAs="oneCell"><xdr:from><xdr:col>${column}</xdr:col><xdr:colOff>9525</xdr:colOff><xdr:row>${row - 1}</xdr:row><xdr:rowOff>9525</xdr:rowOff></xdr:from>` +
      `<xdr:to><xdr:col>${column + 1}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>${row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>` +
      `<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="Picture 1"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId${picture + 1}"/></xdr:blipFill></xdr:pic><xdr:clientData/></xdr:twoCellAnchor>`,
  );
  return workbook({
    sheets: [
      {
        name: 'Products',
        rows: textRows(rows),
        tail: '<drawing r:id="rIdD"/>',
        relations: [{ id: 'rIdD', type: 'drawing', target: '../drawings/drawing1.xml' }],
      },
    ],
    parts: [
      ...mediaOf(pictures),
      {
        name: 'xl/drawings/drawing1.xml',
        content: `<xdr:wsDr xmlns:xdr="${DRAWING}" xmlns:a="a" xmlns:r="r">${xml.join('')}</xdr:wsDr>`,
      },
      relationsPart('xl/drawings/_rels/drawing1.xml.rels', imageRelations(pictures)),
    ],
  });
}

/** @param picture its number; undefined: none */
export type PictureRow = { sku: string; picture: number | undefined };

const header = (name: string): string =>
  `<row r="1"><c r="A1" t="inlineStr"><is><t>SKU</t></is></c><c r="B1" t="inlineStr"><is><t>${name}</t></is></c></row>`;

function rowsWith(rows: PictureRow[], cell: (at: string, picture: number) => string): string {
  const xml = rows.map(({ sku, picture }, i) => {
    const shown = picture === undefined ? '' : cell(`B${i + 2}`, picture);
    return `<row r="${i + 2}"><c r="A${i + 2}" t="inlineStr"><is><t>${sku}</t></is></c>${shown}</row>`;
  });
  return header('Image') + xml.join('');
}

/** From a workbook to the values of cells that are more than text. */
const OF_RICH_VALUES = [
  { id: 'rIdM', type: 'sheetMetadata', target: 'metadata.xml' },
  {
    id: 'rIdR2',
    type: `${MICROSOFT}/2017/06/relationships/rdRichValue`,
    target: 'richData/rdrichvalue.xml',
  },
  {
    id: 'rIdR3',
    type: `${MICROSOFT}/2017/06/relationships/rdRichValueStructure`,
    target: 'richData/rdrichvaluestructure.xml',
  },
];

/** Pictures placed in cells, as Excel writes them since 2023: the value of a cell is an error, and its metadata a picture. */
export function inCellWorkbook(rows: PictureRow[], pictures: BuiltPicture[]): Buffer {
  const each = (xml: (i: number) => string): string => pictures.map((_, i) => xml(i)).join('');
  const count = pictures.length;
  const book: BuiltWorkbook = {
    sheets: [
      {
        name: 'Products',
        rows: rowsWith(rows, (at, picture) => `<c r="${at}" t="e" vm="${picture + 1}"><v>#VALUE!</v></c>`),
      },
    ],
    relations: [
      ...OF_RICH_VALUES,
      {
        id: 'rIdR1',
        type: `${MICROSOFT}/2022/10/relationships/richValueRel`,
        target: 'richData/richValueRel.xml',
      },
    ],
    parts: [
      ...mediaOf(pictures),
      {
        name: 'xl/metadata.xml',
        content: metadataOf(count, 1),
      },
      {
        name: 'xl/richData/rdrichvalue.xml', // the first one is an error, not a picture
        content: `<rvData count="${count + 1}"><rv s="1"><v>8</v><v>0</v></rv>${each((i) => `<rv s="0"><v>${i}</v><v>5</v></rv>`)}</rvData>`,
      },
      {
        name: 'xl/richData/rdrichvaluestructure.xml',
        content:
          '<rvStructures count="2"><s t="_localImage"><k n="_rvRel:LocalImageIdentifier" t="i"/><k n="CalcOrigin" t="i"/></s><s t="_error"><k n="errorType" t="i"/><k n="subType" t="i"/></s></rvStructures>',
      },
      {
        name: 'xl/richData/richValueRel.xml',
        content: `<richValueRels xmlns:r="r">${each((i) => `<rel r:id="rId${i + 1}"/>`)}</richValueRels>`,
      },
      relationsPart('xl/richData/_rels/richValueRel.xml.rels', imageRelations(pictures)),
    ],
  };
  return workbook(book);
}

/** Pictures in cells as WPS Office writes them: a function that names a picture by an id. */
export function wpsPictureWorkbook(rows: PictureRow[], pictures: BuiltPicture[]): Buffer {
  const idOf = (picture: number): string => `ID_${String(picture).padStart(32, 'A')}`;
  const images = pictures.map(
    (_, i) =>
      `<etc:cellImage><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="${i + 2}" name="${idOf(i)}" descr="photo"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId${i + 1}"/></xdr:blipFill></xdr:pic></etc:cellImage>`,
  );
  return workbook({
    sheets: [
      {
        name: 'Products',
        rows: rowsWith(
          rows,
          (at, picture) =>
            `<c r="${at}" t="str"><f>_xlfn.DISPIMG(&quot;${idOf(picture)}&quot;,1)</f><v>=DISPIMG(&quot;${idOf(picture)}&quot;,1)</v></c>`,
        ),
      },
    ],
    relations: [
      { id: 'rIdW', type: 'http://www.wps.cn/officeDocument/2020/cellImage', target: 'cellimages.xml' },
    ],
    parts: [
      ...mediaOf(pictures),
      {
        name: 'xl/cellimages.xml',
        content: `<etc:cellImages xmlns:xdr="${DRAWING}" xmlns:r="r" xmlns:a="a" xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData">${images.join('')}</etc:cellImages>`,
      },
      relationsPart(
        'xl/_rels/cellimages.xml.rels',
        pictures.map(({ name }, i) => ({ id: `rId${i + 1}`, type: 'image', target: `media/${name}` })),
      ),
    ],
  });
}

/** Cells with IMAGE(), as Excel writes them: the picture is a value that names the address from which it came. */
export function webImageWorkbook(urls: string[]): Buffer {
  const each = (xml: (i: number) => string): string => urls.map((_, i) => xml(i)).join('');
  const count = urls.length;
  const rows = urls.map(
    (_, i) =>
      `<row r="${i + 2}"><c r="A${i + 2}" t="inlineStr"><is><t>${i}</t></is></c>` +
      `<c r="B${i + 2}" t="e" vm="${i + 1}"><f>_xlfn.IMAGE(VLOOKUP(A${i + 2},Links!A:B,2))</f><v>#VALUE!</v></c></row>`,
  );
  return workbook({
    sheets: [{ name: 'Products', rows: header('Image') + rows.join('') }],
    relations: [
      ...OF_RICH_VALUES,
      {
        id: 'rIdR1',
        type: `${MICROSOFT}/2020/07/relationships/rdrichvaluewebimage`,
        target: 'richData/rdRichValueWebImage.xml',
      },
    ],
    parts: [
      { name: 'xl/metadata.xml', content: metadataOf(count, 0) },
      {
        name: 'xl/richData/rdrichvalue.xml',
        content: `<rvData count="${count}">${each((i) => `<rv s="0"><v>${i}</v><v>1</v><v>0</v><v>0</v></rv>`)}</rvData>`,
      },
      {
        name: 'xl/richData/rdrichvaluestructure.xml',
        content:
          '<rvStructures count="1"><s t="_webimage"><k n="WebImageIdentifier" t="i"/><k n="CalcOrigin" t="i"/><k n="ComputedImage" t="b"/><k n="ImageSizing" t="i"/></s></rvStructures>',
      },
      {
        name: 'xl/richData/rdRichValueWebImage.xml',
        content: `<webImagesSrd xmlns:r="r">${each((i) => `<webImageSrd><address r:id="rId${2 * i + 1}"/><blip r:id="rId${2 * i + 2}"/></webImageSrd>`)}</webImagesSrd>`,
      },
      relationsPart(
        'xl/richData/_rels/rdRichValueWebImage.xml.rels',
        urls.flatMap((url, i) => [
          { id: `rId${2 * i + 1}`, type: 'hyperlink', target: url, isExternal: true },
          { id: `rId${2 * i + 2}`, type: 'image', target: `../media/image${i + 1}.png` },
        ]),
      ),
    ],
  });
}

/** @param first the rich value of the first cell */
function metadataOf(count: number, first: number): string {
  const each = (xml: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => xml(i)).join('');
  return (
    '<metadata xmlns:xlrd="x"><metadataTypes count="1"><metadataType name="XLRICHVALUE" minSupportedVersion="120000"/></metadataTypes>' +
    `<futureMetadata name="XLRICHVALUE" count="${count}">${each((i) => `<bk><extLst><ext uri="{3e2802c4-a4d2-4d8b-9148-e3be6c30e623}"><xlrd:rvb i="${i + first}"/></ext></extLst></bk>`)}</futureMetadata>` +
    `<valueMetadata count="${count}">${each((i) => `<bk><rc t="1" v="${i}"/></bk>`)}</valueMetadata></metadata>`
  );
}
