import { Problem } from '../errors.ts';
import { SNIFF_BYTES, sniff } from '../pipeline/formats.ts';

/** How the bytes of a file stand for text. `bom`: it begins with a byte order mark. */
export type TextForm = { encoding: string; bom: boolean };

/**
 * Turns the bytes of an upload into text. UTF-8, or UTF-16 where a byte order mark says so, or what the
 * user names. Bytes that do not decode are an error with their line, and never become U+FFFD.
 * @param charset a label of the WHATWG Encoding Standard, such as `windows-1252`; see isCharset
 * @throws Problem `csv_invalid` for an empty file, for a file that is no text, and for wrong bytes
 */
export async function decodeText(
  chunks: AsyncIterable<Buffer>,
  charset = 'utf-8',
): Promise<{ form: TextForm; text: AsyncGenerator<string> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const head = await firstBytes(iterator);
  refuseOtherFiles(head);
  const form = textForm(head, charset);
  return { form, text: decoded(head, iterator, form) };
}

async function firstBytes(iterator: AsyncIterator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < SNIFF_BYTES) {
    const { value, done } = await iterator.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

function refuseOtherFiles(head: Buffer): void {
  if (head.length === 0) throw invalidFile('empty_file', 'The file is empty.');
  const found = sniff(head.subarray(0, SNIFF_BYTES));
  const what =
    found.is === 'image'
      ? `an image (${found.format})`
      : head.toString('latin1', 0, 4) === 'PK\x03\x04'
        ? 'an Excel workbook or a ZIP archive'
        : found.is === 'other_image' && found.name !== 'SVG'
          ? `a file of another kind (${found.name})`
          : WEB_PAGE.test(head.toString('latin1', 0, SNIFF_BYTES))
            ? 'a web page'
            : undefined;
  if (what)
    throw invalidFile(
      'not_a_csv',
      `This is ${what}, not a CSV. Save the table as CSV (UTF-8) and upload that.`,
    );
}

// A table may hold HTML; a page begins with it.
const WEB_PAGE = /^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|script)\b/i;

function textForm(head: Buffer, charset: string): TextForm {
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', bom: true };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', bom: true };
  const bom = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  return { encoding: bom ? 'utf-8' : new TextDecoder(charset).encoding, bom };
}

export function isCharset(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
}

async function* decoded(head: Buffer, rest: AsyncIterator<Buffer>, form: TextForm): AsyncGenerator<string> {
  const decoder = new TextDecoder(form.encoding, { fatal: true }); // it takes the byte order mark away
  let lines = 1;
  let before: Buffer = Buffer.alloc(0);
  const decode = (bytes?: Buffer): string => {
    try {
      const text = bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
      const nul = text.indexOf('\0');
      if (nul >= 0)
        throw invalidFile(
          'not_a_csv',
          'The file holds a NUL character, so it is not a text.',
          lines + lineBreaks(text.slice(0, nul)),
        );
      lines += lineBreaks(text);
      before = bytes ?? before;
      return text;
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw wrongBytes(Buffer.concat([unfinished(before, form), bytes ?? Buffer.alloc(0)]), form, lines);
    }
  };
  yield decode(head);
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield decode(next.value);
  yield decode();
}

/** The first bytes of a character that goes on in the next piece of the file (UTF-8: RFC 3629, 3). */
function unfinished(piece: Buffer, { encoding }: TextForm): Buffer {
  if (encoding !== 'utf-8') return Buffer.alloc(0);
  for (let back = 1; back <= 3 && back <= piece.length; back += 1) {
    const byte = piece[piece.length - back] ?? 0;
    if (byte < 0x80) break;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    if (length > 0) return length > back ? piece.subarray(-back) : Buffer.alloc(0);
  }
  return Buffer.alloc(0);
}

function wrongBytes(bytes: Buffer, form: TextForm, linesBefore: number): Problem {
  const line = linesBefore + lineBreaks(beginning(bytes, form));
  return invalidFile(
    'wrong_encoding',
    `The file has bytes here that are not ${form.encoding.toUpperCase()}. Save it as CSV in UTF-8, or name its encoding with charset, such as charset=windows-1252.`,
    line,
  );
}

/** What can be decoded of bytes before the first wrong one, by halving. */
function beginning(bytes: Buffer, { encoding }: TextForm): string {
  let [good, bad] = [0, bytes.length];
  let text = '';
  while (good < bad) {
    const middle = Math.ceil((good + bad) / 2);
    try {
      text = new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle - 1;
    }
  }
  return text;
}

/** A file whose lines end with CR alone has no LF. */
function lineBreaks(text: string): number {
  return count(text, '\n') || count(text, '\r');
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) found += 1;
  return found;
}

/** The one error of a file that cannot be read on from there. */
export function invalidFile(code: string, detail: string, line = 1): Problem {
  return new Problem('csv_invalid', { detail, flaws: [{ line, code, detail }] });
}
