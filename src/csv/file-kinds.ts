import { sniff } from '../pipeline/sniff.ts';

/** How many bytes identify a file: a tar archive has its signature at byte 257. */
export const HEAD_BYTES = 512;

/** What a file is, and what to do with it; both are parts of the sentence that refuses it. */
export type FileKind = { what: string; advice: string };

const SAVE_AS = 'Open it, save the table as CSV (UTF-8), and upload that.';
const UNPACK = 'Unpack it, and upload the CSV inside.';
const EXPORT = 'Export the products as CSV, and upload that.';

/**
 * Identifies a file that is not a text table by its first bytes.
 * The signatures are from file(1), and for images from the WHATWG MIME Sniffing Standard.
 */
export function fileKind(head: Buffer): FileKind | undefined {
  const bytes = head.toString('latin1', 0, HEAD_BYTES);
  for (const [signature, what, advice] of BY_BYTES) if (signature.test(bytes)) return { what, advice };
  const found = sniff(head);
  if (found.is === 'image') return { what: `an image (${found.format})`, advice: EXPORT };
  const text = textOf(head);
  for (const [signature, what, advice] of BY_TEXT) if (signature.test(text)) return { what, advice };
  if (found.is === 'other_image') return { what: `a file of another kind (${found.name})`, advice: EXPORT };
  return undefined;
}

/**
 * The format of a file that may be read as a table though it is no CSV, by its first bytes. `ole`: a compound file, as
 * old workbooks and encrypted ones are.
 */
export function fileFormat(head: Buffer): 'zip' | 'ole' | 'json' | 'ndjson' | 'xml' | undefined {
  const bytes = head.toString('latin1', 0, HEAD_BYTES);
  if (OLE.test(bytes)) return 'ole';
  const what = fileKind(head)?.what;
  if (bytes.startsWith('PK\x03\x04') && what !== OPEN_DOCUMENT && what !== NUMBERS) return 'zip';
  if (what === XML) return 'xml';
  if (what === JSON_LINES) return 'ndjson';
  return what === JSON_FILE ? 'json' : undefined;
}

const OLE = /^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/;
const [OPEN_DOCUMENT, NUMBERS] = ['an OpenDocument file (.ods)', 'a Numbers spreadsheet'];
const [XML, JSON_FILE, JSON_LINES] = ['an XML file', 'a JSON file', 'a file of JSON lines (NDJSON)'];

function textOf(head: Buffer): string {
  const isUtf16 = head[0] === 0xff && head[1] === 0xfe;
  return head.toString(isUtf16 ? 'utf16le' : 'utf8', 0, HEAD_BYTES).replace(/^\u{feff}/u, '');
}

type Kind = readonly [signature: RegExp, what: string, advice: string];

const BY_BYTES: readonly Kind[] = [
  [OLE, 'an old Excel workbook (.xls)', SAVE_AS],
  [/^PK\x03\x04[^]{26}mimetypeapplication\/vnd\.oasis\.opendocument/, OPEN_DOCUMENT, SAVE_AS],
  [/^PK\x03\x04[^]{26}(Index\/|Index\.zip|preview)/, NUMBERS, SAVE_AS],
  [/^PK\x03\x04[^]{26}(\[Content_Types\]|_rels\/|xl\/|docProps\/)/, 'an Excel workbook (.xlsx)', SAVE_AS],
  [
    /^PK(\x03\x04|\x05\x06)/,
    'an Excel workbook or a ZIP archive',
    `${SAVE_AS} If it is an archive, unpack it first.`,
  ],
  [
    /^\x1f\x8b/,
    'a file compressed with gzip (.gz)',
    `${UNPACK} The API accepts it compressed only as the body of a request with Content-Encoding: gzip.`,
  ],
  [/^BZh[1-9]1AY&SY/, 'a file compressed with bzip2 (.bz2)', UNPACK],
  [/^\xfd7zXZ\0/, 'a file compressed with xz (.xz)', UNPACK],
  [/^\x28\xb5\x2f\xfd/, 'a file compressed with Zstandard (.zst)', UNPACK],
  [/^\x04"M\x18/, 'a file compressed with LZ4', UNPACK],
  [/^\x1f[\x9d\xa0]/, 'a file compressed with compress (.Z)', UNPACK],
  [/^7z\xbc\xaf\x27\x1c/, 'a 7-Zip archive', UNPACK],
  [/^Rar!\x1a\x07/, 'a RAR archive', UNPACK],
  [/^[^]{257}ustar/, 'a tar archive', UNPACK],
  [/^PAR1[^]*?[\0-\x08]/, 'a Parquet file', EXPORT],
  [/^SQLite format 3\0/, 'an SQLite database', EXPORT],
  [/^\0\x01\0\0Standard (Jet|ACE) DB/, 'an Access database', EXPORT],
  [/^(Obj\x01|(ARROW1|FEA1|ORC)[^]*?[\0-\x08])/, 'a data file of another kind (Avro, Arrow or ORC)', EXPORT],
  [/^(\xff\xfe\0\0|\0\0\xfe\xff)/, 'text in UTF-32', 'Save it as CSV in UTF-8, and upload that.'],
  [/^%PDF-/, 'a PDF', EXPORT],
];

// The cells of a table may hold HTML or JSON. A page or a document begins with it. A comment must match in one way
// only: where one match may span several comments, a text of 512 bytes takes exponential time.
const BY_TEXT: readonly Kind[] = [
  [/^\{\\rtf/, 'formatted text (RTF)', SAVE_AS],
  [/^\s*(<\?xml[^>]*>\s*)?(<!--(?:(?!-->)[^])*-->\s*)*(<!doctype svg[^]*)?<svg\b/i, 'an image (SVG)', EXPORT],
  [
    /^\s*<\?xml[^]*?(mso-application|urn:schemas-microsoft-com:office:spreadsheet)/i,
    'an Excel workbook in XML',
    SAVE_AS,
  ],
  [/^\s*<html[^>]*urn:schemas-microsoft-com:office/i, 'an Excel table saved as a web page', SAVE_AS],
  [
    /^\s*(<!--(?:(?!-->)[^])*-->\s*)*<(!doctype\s+html|html|head|body|script|meta|title|style)\b/i,
    'a web page',
    'If it is a login or error page, download the file again.',
  ],
  [/^\s*(<!--(?:(?!-->)[^])*-->\s*)*<(table|thead|tbody|tr|div)\b/i, 'a table in a web page (HTML)', SAVE_AS],
  [/^\s*(<\?xml\b|<!doctype\b|<(rss|feed|products?|items?|catalog|root|data|urlset)\b[^<>]*>)/i, XML, EXPORT],
  [/^\s*\{\s*"[^\n]*\}\s*\n\s*\{/, JSON_LINES, EXPORT],
  [/^\s*(\{\s*("|\}\s*$)|\[\s*([{["]|\]\s*$))/, JSON_FILE, EXPORT],
  [/^MIME-Version:/i, 'a web page in one file (MHTML)', SAVE_AS],
  [/^ID;P(WXL|SCALC|CALC)/, 'a SYLK file (.slk)', SAVE_AS],
  [
    /^(--[^\n]*\n|\/\*(?:(?!\*\/)[^])*\*\/;?|\s)*(CREATE TABLE|INSERT INTO|DROP TABLE|SET NAMES)\b/i,
    'an SQL dump',
    EXPORT,
  ],
];
