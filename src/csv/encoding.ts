/** Encodes text in the encoding of the uploaded file. Node decodes all encodings, but encodes Unicode only. */

export type Encoder = { encoding: string; encode(text: string): Buffer };

/** The encoder of an encoding; that of UTF-8 for gbk, gb18030, big5, euc-jp and iso-2022-jp, which have none here. */
export function encoderOf(encoding: string): Encoder {
  if (encoding === 'utf-16le') return { encoding, encode: (text) => Buffer.from(text, 'utf16le') };
  if (encoding === 'utf-16be') return { encoding, encode: (text) => Buffer.from(text, 'utf16le').swap16() };
  const table = tableOf(encoding);
  if (!table) return { encoding: 'utf-8', encode: (text) => Buffer.from(text) };
  return { encoding, encode: (text) => encoded(text, table) };
}

function encoded(text: string, table: Uint16Array): Buffer {
  const bytes = Buffer.allocUnsafe(2 * text.length);
  let end = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xdc00 && unit < 0xe000) continue; // the second half of a surrogate pair
    const code = table[unit] ?? QUESTION_MARK;
    if (code > 0xff) bytes[end++] = code >> 8;
    bytes[end++] = code & 0xff;
  }
  return bytes.subarray(0, end);
}

const QUESTION_MARK = 0x3f; // never needed: what we write was decoded from this encoding, or is ASCII

// The lead bytes of NEC's duplicates of IBM's characters are never written (WHATWG Encoding Standard, 12.3.2).
const LEAD_BYTES = {
  shift_jis: [...range(0x81, 0xec), ...range(0xef, 0xfc)],
  'euc-kr': range(0x81, 0xfe),
};

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The one or two bytes of each UTF-16 code unit, as one number, by decoding every sequence of one or two bytes. */
function tableOf(encoding: string): Uint16Array | undefined {
  const isWide = encoding === 'shift_jis' || encoding === 'euc-kr';
  if (!isWide && !ONE_BYTE.test(encoding)) return undefined;
  const decoder = new TextDecoder(encoding, { fatal: true });
  const table = new Uint16Array(2 ** 16).fill(QUESTION_MARK);
  const known = new Set<string>();
  const add = (...bytes: number[]): void => {
    const character = decoded(decoder, bytes);
    if (character?.length !== 1 || known.has(character)) return;
    known.add(character);
    table[character.charCodeAt(0)] = bytes.reduce((code, byte) => (code << 8) | byte, 0);
  };
  for (const byte of range(0, 0xff)) add(byte);
  if (isWide)
    for (const lead of LEAD_BYTES[encoding]) for (const trail of range(0x40, 0xfe)) add(lead, trail);
  return table;
}

// the standard's single-byte encodings, and x-user-defined
const ONE_BYTE =
  /^(?:ibm866|iso-8859-\d+(?:-i)?|koi8-[ru]|macintosh|windows-\d+|x-mac-cyrillic|x-user-defined)$/;

/** The character that the bytes encode; undefined if it is not exactly one. */
function decoded(decoder: TextDecoder, bytes: number[]): string | undefined {
  try {
    const text = decoder.decode(Uint8Array.from(bytes));
    return Array.from(text).length === 1 ? text : undefined;
  } catch {
    return undefined;
  }
}
