/** Errors about the bytes of a file that cannot be decoded as text. */
import type { Problem } from '../errors.ts';
import { likelyCharsets, unmarkedUtf16 } from './charsets.ts';
import type { TextFormat } from './decode.ts';
import { invalidFile } from './invalid-file.ts';

/** What a file is, whose bytes are decoded as text. */
export type TextKind = 'CSV' | 'JSON' | 'XML';

/** Where the decoding of a file has arrived. */
export type DecodedUpTo = {
  kind: TextKind;
  format: TextFormat;
  /** of the next character, from 1 */
  line: number;
  /** the last character; '' at the beginning of the file */
  before: string;
};

/** The bytes of a character at the end of a chunk that continues in the next one (UTF-8: RFC 3629, section 3). */
function unfinished(chunk: Buffer, { encoding }: TextFormat): Buffer {
  if (encoding !== 'utf-8') return Buffer.alloc(0);
  for (let back = 1; back <= 3 && back <= chunk.length; back += 1) {
    const byte = chunk[chunk.length - back] ?? 0;
    if (byte < 0x80) break;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    if (length > 0) return length > back ? chunk.subarray(-back) : Buffer.alloc(0);
  }
  return Buffer.alloc(0);
}

/**
 * The error for bytes that cannot be decoded, with the encodings they may be in.
 * @param chunkBefore the chunk before `bytes`, whose last character may end in `bytes`
 */
export function wrongBytes(
  chunkBefore: Buffer,
  bytes: Buffer,
  { kind, format, line, before }: DecodedUpTo,
): Problem {
  const all = Buffer.concat([unfinished(chunkBefore, format), bytes]);
  const good = decodable(all, format);
  const likely = likelyCharsets(lineAround(all, good.length), format.encoding);
  const offers = likely.map(({ charset, text }) => `charset=${charset} reads "${text}"`);
  const encoding = offers.length > 0 ? `: ${offers.join(', ')}` : ' with charset';
  return invalidFile(
    'wrong_encoding',
    `The file has bytes here that are not ${format.encoding.toUpperCase()}. Save it as ${kind} in UTF-8, or name its encoding${encoding}.`,
    line + lineBreaks(good.text, before),
  );
}

const LONGEST_LINE = 1_000;

/** The line that holds the byte at an offset, as far as it has arrived; at most 1,000 bytes to each side. */
function lineAround(bytes: Buffer, at: number): Buffer {
  const near = bytes.subarray(Math.max(0, at - LONGEST_LINE), at + LONGEST_LINE);
  const here = Math.min(at, LONGEST_LINE);
  const isEnd = (byte: number): boolean => byte === 0x0a || byte === 0x0d;
  const end = near.findIndex((byte, i) => i >= here && isEnd(byte));
  return near.subarray(near.subarray(0, here).findLastIndex(isEnd) + 1, end < 0 ? undefined : end);
}

const CODES = { CSV: 'not_a_csv', JSON: 'json_invalid', XML: 'xml_invalid' };

/** The error for a NUL character, which text has only if its encoding is mistaken. */
export function nulFound(bytes: Buffer | undefined, kind: TextKind, line: number): Problem {
  const charset = unmarkedUtf16(bytes?.subarray(0, LONGEST_LINE) ?? Buffer.alloc(0));
  if (charset === undefined)
    return invalidFile(CODES[kind], 'The file contains a NUL character, so it is not text.', line);
  const [text = ''] = new TextDecoder(charset).decode(bytes?.subarray(0, LONGEST_LINE)).split(/[\r\n]/, 1);
  return invalidFile(
    'wrong_encoding',
    `The file is in UTF-16 without a byte order mark. Save it as ${kind} in UTF-8, or name its encoding: charset=${charset} reads "${text.slice(0, 60)}".`,
    line,
  );
}

/** What precedes the first byte that cannot be decoded, found by bisection. */
function decodable(bytes: Buffer, { encoding }: TextFormat): { text: string; length: number } {
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

/**
 * How many line ends a text has, as records.ts counts them: LF, CRLF and CR.
 * @param before the last character before the text
 */
export function lineBreaks(text: string, before: string): number {
  let found = before === '\r' && text.startsWith('\n') ? -1 : 0; // that CRLF was counted with its CR
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) found += 1;
  for (let at = text.indexOf('\r'); at >= 0; at = text.indexOf('\r', at + 1))
    if (text[at + 1] !== '\n') found += 1;
  return found;
}
