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

function encoded(text: string, table: Map<string, number[]>): Buffer {
  const bytes: number[] = [];
  for (const character of text) for (const byte of table.get(character) ?? [QUESTION_MARK]) bytes.push(byte);
  return Buffer.from(bytes);
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

/** The bytes of each character, by decoding every sequence of one or two bytes. */
function tableOf(encoding: string): Map<string, number[]> | undefined {
  const isWide = encoding === 'shift_jis' || encoding === 'euc-kr';
  if (!isWide && !ONE_BYTE.test(encoding)) return undefined;
  const decoder = new TextDecoder(encoding, { fatal: true });
  const table = new Map<string, number[]>();
  const add = (...bytes: number[]): void => {
    const character = decoded(decoder, bytes);
    if (character !== undefined && !table.has(character)) table.set(character, bytes);
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
