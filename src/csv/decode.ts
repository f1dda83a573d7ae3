import { Problem } from '../errors.ts';
import { likelyCharsets, unmarkedUtf16 } from './charsets.ts';
import { fileKind, HEAD_BYTES } from './file-kinds.ts';

/** How the bytes of a file stand for text. `bom`: it begins with a byte order mark. */
export type TextFormat = { encoding: string; bom: boolean };

/**
 * Turns the bytes of an upload into text. UTF-8, or UTF-16 where a byte order mark says so, or what the
 * user names. Bytes that do not decode are an error with their line, and never become U+FFFD.
 * @param charset a label of the WHATWG Encoding Standard, such as `windows-1252`; see isCharset
 * @throws Problem `csv_invalid` for an empty file, for a file that is no text, and for wrong bytes
 */
export async function decodeText(
  chunks: AsyncIterable<Buffer>,
  charset = 'utf-8',
): Promise<{ form: TextFormat; text: AsyncGenerator<string> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const head = await firstBytes(iterator);
  refuseOtherFiles(head);
  const form = textFormat(head, charset);
  return { form, text: decoded(head, iterator, form) };
}

async function firstBytes(iterator: AsyncIterator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const { value, done } = await iterator.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

function refuseOtherFiles(head: Buffer): void {
  if (head.length === 0) throw invalidFile('empty_file', 'The file is empty.');
  const kind = fileKind(head.subarray(0, HEAD_BYTES));
  if (kind) throw invalidFile('not_a_csv', `This is ${kind.what}, not a CSV. ${kind.advice}`);
}

function textFormat(head: Buffer, charset: string): TextFormat {
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

async function* decoded(head: Buffer, rest: AsyncIterator<Buffer>, form: TextFormat): AsyncGenerator<string> {
  const decoder = new TextDecoder(form.encoding, { fatal: true }); // it takes the byte order mark away
  let lines = 1;
  let before: Buffer = Buffer.alloc(0);
  const decode = (bytes?: Buffer): string => {
    try {
      const text = bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
      const nul = text.indexOf('\0');
      if (nul >= 0) throw holdsNul(bytes, lines + lineBreaks(text.slice(0, nul)));
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
function unfinished(piece: Buffer, { encoding }: TextFormat): Buffer {
  if (encoding !== 'utf-8') return Buffer.alloc(0);
  for (let back = 1; back <= 3 && back <= piece.length; back += 1) {
    const byte = piece[piece.length - back] ?? 0;
    if (byte < 0x80) break;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    if (length > 0) return length > back ? piece.subarray(-back) : Buffer.alloc(0);
  }
  return Buffer.alloc(0);
}

function wrongBytes(bytes: Buffer, form: TextFormat, linesBefore: number): Problem {
  const good = beginning(bytes, form);
  const line = lineAround(bytes, good.length);
  const offers = likelyCharsets(line, form.encoding).map(
    ({ charset, text }) => `charset=${charset} reads "${text}"`,
  );
  return invalidFile(
    'wrong_encoding',
    `The file has bytes here that are not ${form.encoding.toUpperCase()}. Save it as CSV in UTF-8, or name its encoding${offers.length > 0 ? `: ${offers.join(', ')}` : ' with charset'}.`,
    linesBefore + lineBreaks(good.text),
  );
}

const LONGEST_LINE = 1_000;

/** The bytes of the line in which a byte stands, or of what has arrived of it. */
function lineAround(bytes: Buffer, at: number): Buffer {
  const near = bytes.subarray(Math.max(0, at - LONGEST_LINE), at + LONGEST_LINE);
  const here = at - Math.max(0, at - LONGEST_LINE);
  const isEnd = (byte: number): boolean => byte === 0x0a || byte === 0x0d;
  const end = near.findIndex((byte, i) => i >= here && isEnd(byte));
  return near.subarray(near.subarray(0, here).findLastIndex(isEnd) + 1, end < 0 ? undefined : end);
}

function holdsNul(bytes: Buffer | undefined, line: number): Problem {
  const charset = unmarkedUtf16(bytes?.subarray(0, LONGEST_LINE) ?? Buffer.alloc(0));
  if (charset === undefined)
    return invalidFile('not_a_csv', 'The file holds a NUL character, so it is not a text.', line);
  const [text = ''] = new TextDecoder(charset).decode(bytes?.subarray(0, LONGEST_LINE)).split(/[\r\n]/, 1);
  return invalidFile(
    'wrong_encoding',
    `The file is in UTF-16 and does not say so. Save it as CSV in UTF-8, or name its encoding: charset=${charset} reads "${text.slice(0, 60)}".`,
    line,
  );
}

/** What can be decoded of bytes before the first wrong one, by halving. */
function beginning(bytes: Buffer, { encoding }: TextFormat): { text: string; length: number } {
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
  return { text, length: good };
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
