import { systemCode } from '../errors.ts';
import { fileKind, HEAD_BYTES } from './file-kinds.ts';
import { invalidFile } from './invalid-file.ts';
import { lineBreaks, nulFound, type TextKind, wrongBytes } from './wrong-bytes.ts';

/** How the text of a file is encoded. `bom`: it begins with a byte order mark. */
export type TextFormat = { encoding: string; bom: boolean };

type DecodedText = { format: TextFormat; text: AsyncGenerator<string> };

/**
 * Decodes the bytes of an upload: as UTF-16 where a byte order mark says so, as the charset that the user names,
 * otherwise as UTF-8. Bytes that cannot be decoded are an error with their line; they never become U+FFFD.
 * @param charset a label of the WHATWG Encoding Standard, such as `windows-1252`; see isCharset
 * @param isPartial whether more of the file follows: its last character may be cut, and is left out
 * @throws Problem `csv_invalid` for an empty file, for a file that is no text, and for bytes that cannot be decoded
 */
export async function decodeText(
  chunks: AsyncIterable<Buffer>,
  charset = 'utf-8',
  isPartial = false,
): Promise<DecodedText> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await firstBytes(iterator);
  refuseOtherFiles(first);
  return decodeFrom(first, iterator, { kind: 'CSV', charset, isPartial });
}

/** Like decodeText, for a file that is known to be text of another kind than CSV. */
export async function decodeOtherText(
  kind: TextKind,
  chunks: AsyncIterable<Buffer>,
  charset = 'utf-8',
  isPartial = false,
): Promise<DecodedText> {
  const iterator = chunks[Symbol.asyncIterator]();
  return decodeFrom(await firstBytes(iterator), iterator, { kind, charset, isPartial });
}

function decodeFrom(
  first: Buffer,
  rest: AsyncIterator<Buffer>,
  { kind, charset, isPartial }: { kind: TextKind; charset: string; isPartial: boolean },
): DecodedText {
  const format = textFormat(first, charset);
  return { format, text: decoded(first, rest, { kind, format, isPartial }) };
}

async function firstBytes(iterator: AsyncIterator<Buffer>): Promise<Buffer> {
  let first = Buffer.alloc(0);
  while (first.length < HEAD_BYTES) {
    const { value, done } = await iterator.next();
    if (done) break;
    first = Buffer.concat([first, value]);
  }
  return first;
}

function refuseOtherFiles(first: Buffer): void {
  if (first.length === 0) throw invalidFile('empty_file', 'The file is empty.');
  const kind = fileKind(first.subarray(0, HEAD_BYTES));
  if (kind) throw invalidFile('not_a_csv', `This is ${kind.what}, not a CSV. ${kind.advice}`);
}

function textFormat(first: Buffer, charset: string): TextFormat {
  if (first[0] === 0xff && first[1] === 0xfe) return { encoding: 'utf-16le', bom: true };
  if (first[0] === 0xfe && first[1] === 0xff) return { encoding: 'utf-16be', bom: true };
  const bom = first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf;
  return { encoding: bom ? 'utf-8' : new TextDecoder(charset).encoding, bom };
}

/** Whether a label names an encoding that can be decoded here. */
export function isCharset(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
}

async function* decoded(
  first: Buffer,
  rest: AsyncIterator<Buffer>,
  { kind, format, isPartial }: { kind: TextKind; format: TextFormat; isPartial: boolean },
): AsyncGenerator<string> {
  const decoder = new LineDecoder(kind, format);
  yield decoder.decode(first);
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield decoder.decode(next.value);
  if (!isPartial) yield decoder.decode();
}

/** Decodes a file chunk by chunk, and counts its lines for error messages. */
class LineDecoder {
  readonly #kind: TextKind;
  readonly #format: TextFormat;
  readonly #decoder: TextDecoder;
  #lines = 1;
  /** the last character that was decoded */
  #before = '';
  #chunkBefore: Buffer = Buffer.alloc(0);

  constructor(kind: TextKind, format: TextFormat) {
    this.#kind = kind;
    this.#format = format;
    this.#decoder = new TextDecoder(format.encoding, { fatal: true }); // it removes the byte order mark
  }

  /** @param bytes undefined at the end of the file */
  decode(bytes?: Buffer): string {
    const text = this.#textOf(bytes);
    const nul = text.indexOf('\0');
    if (nul >= 0)
      throw nulFound(bytes, this.#kind, this.#lines + lineBreaks(text.slice(0, nul), this.#before));
    this.#lines += lineBreaks(text, this.#before);
    this.#before = text.at(-1) ?? this.#before;
    this.#chunkBefore = bytes ?? this.#chunkBefore;
    return text;
  }

  #textOf(bytes: Buffer | undefined): string {
    try {
      return bytes ? this.#decoder.decode(bytes, { stream: true }) : this.#decoder.decode();
    } catch (error) {
      if (systemCode(error) !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
      throw wrongBytes(this.#chunkBefore, bytes ?? Buffer.alloc(0), {
        ...{ kind: this.#kind, format: this.#format },
        ...{ line: this.#lines, before: this.#before },
      });
    }
  }
}
