/**
 * One table as Excel, LibreOffice, Google Sheets and WPS Office write it: the shapes of their XML, with the number
 * formats, formulas and links that each of them has.
 */
import { workbook, type BuiltSheet, type BuiltWorkbook, cellName, escapeXml } from './workbooks.ts';

export const HEADER = ['SKU', 'Name', 'EAN', 'Price', 'Since', 'In stock', 'Image 1', 'Image 2', 'Image 3'];

/** The table as a CSV has it. */
export const TABLE = [
  HEADER,
  [
    '00000001',
    'Red "mug" & saucer',
    '4006381333931',
    '12.5',
    '2026-11-30',
    'TRUE',
    'https://a.example/1.jpg?w=1&h=2',
    'https://a.example/link.jpg',
    'https://a.example/image-function.jpg',
  ],
  [
    '1E5',
    'Blau\nund größer',
    '1234567890123456',
    '0.3',
    '1999-12-31',
    'FALSE',
    'https://a.example/2.jpg',
    'https://a.example/hyperlink-function.jpg',
    '',
  ],
];

const LINK = { id: 'rIdL', type: 'hyperlink', target: 'https://a.example/link.jpg', isExternal: true };
const LINKED = '<hyperlinks><hyperlink ref="H2" r:id="rIdL"/></hyperlinks>';

/** The shared strings of a workbook, and the cells that name them. */
class Strings {
  readonly #texts: string[] = [];
  readonly #attribute: string;

  /** @param attribute that the program writes at each text */
  constructor(attribute = '') {
    this.#attribute = attribute;
  }

  cell(at: string, text: string, style = ''): string {
    const number = this.#texts.push(text) - 1;
    return `<c r="${at}"${style} t="s"><v>${number}</v></c>`;
  }

  get xml(): string {
    return this.#texts.map((text) => `<si><t${this.#attribute}>${escapeXml(text)}</t></si>`).join('');
  }
}

type Shape = {
  styles: string;
  strings: Strings;
  /** the cells whose form differs: of the SKU, the date and the addresses */
  sku: string;
  dates: [string, string];
  image: string;
  hyperlink: string;
  rowAttributes?: string;
  beforeRows?: string;
  sheet?: Partial<BuiltSheet>;
  book?: Partial<BuiltWorkbook>;
};

function built(shape: Shape): Buffer {
  const { strings, sku, dates, image, hyperlink, rowAttributes = '', sheet, book } = shape;
  const [, first = [], second = []] = TABLE;
  const number = (at: string, value: string): string => `<c r="${at}"><v>${value}</v></c>`;
  const flag = (at: string, value: 0 | 1): string => `<c r="${at}" t="b"><v>${value}</v></c>`;
  const text = (at: string, value = ''): string => strings.cell(at, value);
  const rows = [
    HEADER.map((name, i) => text(cellName(i, 1), name)),
    [sku, text('B2', first[1]), number('C2', '4006381333931'), number('D2', '12.5'), dates[0], flag('F2', 1)],
    [
      text('A3', second[0]),
      text('B3', second[1]),
      text('C3', second[2]),
      number('D3', '0.30000000000000004'),
      dates[1],
    ],
  ].map((cells) => cells.join(''));
  rows[1] += text('G2', first[6]) + text('H2', 'photo') + image;
  rows[2] += flag('F3', 0) + text('G3', second[6]) + hyperlink;
  const xml = rows.map((cells, i) => `<row r="${i + 1}"${rowAttributes}>${cells}</row>`).join('');
  const tail = LINKED + (sheet?.tail ?? '');
  return workbook({
    strings: strings.xml,
    styles: shape.styles,
    ...book,
    sheets: [{ name: 'Products', ...sheet, rows: xml, tail, relations: [LINK, ...(sheet?.relations ?? [])] }],
  });
}

export function excelWorkbook(): Buffer {
  return built({
    styles:
      '<numFmts count="1"><numFmt numFmtId="164" formatCode="00000000"/></numFmts><fonts count="1"><font/></fonts><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" xfId="0"/><xf numFmtId="164" xfId="0" applyNumberFormat="1"/><xf numFmtId="14" xfId="0" applyNumberFormat="1"/></cellXfs>',
    strings: new Strings(),
    sku: '<c r="A2" s="1"><v>1</v></c>',
    dates: ['<c r="E2" s="2"><v>46356</v></c>', '<c r="E3" s="2"><v>36525</v></c>'],
    image:
      '<c r="I2" t="e" vm="1"><f>_xlfn.IMAGE("https://a.example/image-function.jpg","a picture")</f><v>#VALUE!</v></c>',
    hyperlink:
      '<c r="H3" t="str"><f>HYPERLINK("https://a.example/hyperlink-function.jpg","photo")</f><v>photo</v></c>',
    rowAttributes: ' spans="1:9" x14ac:dyDescent="0.25"',
    sheet: {
      tail: '<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>',
    },
    book: { workbookProperties: '<fileVersion appName="xl"/><workbookPr defaultThemeVersion="166925"/>' },
  });
}

export function libreOfficeWorkbook(): Buffer {
  return built({
    styles:
      '<numFmts count="2"><numFmt numFmtId="164" formatCode="General"/><numFmt numFmtId="165" formatCode="00000000"/><numFmt numFmtId="166" formatCode="dd/mm/yyyy"/></numFmts><cellStyleXfs count="20"><xf numFmtId="164"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs>',
    strings: new Strings(' xml:space="preserve"'),
    sku: '<c r="A2" s="1" t="n"><v>1</v></c>',
    dates: ['<c r="E2" s="2" t="n"><v>46356</v></c>', '<c r="E3" s="2" t="n"><v>36525</v></c>'],
    image:
      '<c r="I2" s="0" t="e"><f aca="false">_xlfn.image("https://a.example/image-function.jpg")</f><v>#NAME?</v></c>',
    hyperlink:
      '<c r="H3" s="0" t="str"><f aca="false">HYPERLINK("https://a.example/hyperlink-function.jpg","photo")</f><v>photo</v></c>',
    rowAttributes:
      ' customFormat="false" ht="12.8" hidden="false" customHeight="false" outlineLevel="0" collapsed="false"',
    book: {
      workbookProperties:
        '<fileVersion appName="Calc"/><workbookPr backupFile="false" showObjects="all" date1904="false"/>',
    },
  });
}

export function googleWorkbook(): Buffer {
  return built({
    styles:
      '<numFmts count="2"><numFmt numFmtId="164" formatCode="00000000"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellStyleXfs count="1"><xf borderId="0" fillId="0" fontId="0" numFmtId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>',
    strings: new Strings(),
    sku: '<c r="A2" s="1"><v>1.0</v></c>',
    dates: ['<c r="E2" s="2"><v>46356.0</v></c>', '<c r="E3" s="2"><v>36525.0</v></c>'],
    image:
      '<c r="I2" s="0" t="str"><f>IFERROR(__xludf.DUMMYFUNCTION("IMAGE(""https://a.example/image-function.jpg"")"),"")</f><v></v></c>',
    hyperlink:
      '<c r="H3" s="0" t="str"><f>HYPERLINK("https://a.example/hyperlink-function.jpg","photo")</f><v>photo</v></c>',
    rowAttributes: ' ht="15.75" customHeight="1"',
    sheet: {
      tail: '<drawing r:id="rIdD"/>',
      relations: [{ id: 'rIdD', type: 'drawing', target: '../drawings/drawing1.xml' }],
    },
    book: {
      workbookProperties: '<workbookPr/>',
      parts: [
        {
          name: 'xl/drawings/drawing1.xml',
          content:
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"/>',
        },
      ],
    },
  });
}

export function wpsWorkbook(): Buffer {
  return built({
    styles:
      '<numFmts count="5"><numFmt numFmtId="44" formatCode="_ &quot;￥&quot;* #,##0.00_ "/><numFmt numFmtId="176" formatCode="00000000"/><numFmt numFmtId="177" formatCode="yyyy/m/d;@"/></numFmts><cellStyleXfs count="1"><xf numFmtId="0"><alignment vertical="center"/></xf></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="176"/><xf numFmtId="177"/></cellXfs>',
    strings: new Strings(),
    sku: '<c r="A2" s="1"><v>1</v></c>',
    dates: ['<c r="E2" s="2"><v>46356</v></c>', '<c r="E3" s="2"><v>36525</v></c>'],
    image: '<c r="I2" t="e"><f>_xlfn.IMAGE("https://a.example/image-function.jpg")</f><v>#NAME?</v></c>',
    hyperlink:
      '<c r="H3" t="str"><f>HYPERLINK("https://a.example/hyperlink-function.jpg","photo")</f><v>photo</v></c>',
    rowAttributes: ' spans="1:9"',
    book: { workbookProperties: '<fileVersion appName="xl" lastEdited="3"/><workbookPr/>' },
  });
}
