import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encoderOf } from '../../src/csv/encoding.ts';

const SINGLE_BYTE = [
  ...['ibm866', 'iso-8859-2', 'iso-8859-5', 'iso-8859-8-i', 'iso-8859-15', 'koi8-r', 'koi8-u', 'macintosh'],
  ...['windows-874', 'windows-1250', 'windows-1251', 'windows-1252', 'windows-1253', 'windows-1258'],
];

test('whatever was decoded is encoded as it was', () => {
  for (const encoding of SINGLE_BYTE) {
    const decoder = new TextDecoder(encoding);
    const text = decoder.decode(Uint8Array.from({ length: 256 }, (_, i) => i)).replaceAll('\ufffd', '');
    const encoder = encoderOf(decoder.encoding);
    assert.equal(encoder.encoding, decoder.encoding);
    assert.ok(text.length > 200);
    assert.equal(decoder.decode(encoder.encode(text)), text, encoding);
  }
  for (const encoding of ['shift_jis', 'euc-kr']) {
    const decoder = new TextDecoder(encoding, { fatal: true });
    const { encode } = encoderOf(encoding);
    let characters = 0;
    for (let lead = 0x81; lead < 0xff; lead += 1)
      for (let trail = 0x40; trail < 0xff; trail += 1) {
        const text = decodedOrNot(decoder, [lead, trail]);
        if (text === undefined) continue;
        characters += 1;
        assert.equal(decoder.decode(encode(text)), text, `${encoding} ${lead} ${trail}`);
      }
    assert.ok(characters > 7_000, encoding);
  }
});

test('Unicode is Unicode, and what has no encoder here becomes UTF-8', () => {
  const text = 'Käse – 日本 😀';
  for (const encoding of ['utf-8', 'utf-16le', 'utf-16be', 'gb18030', 'big5', 'euc-jp', 'iso-2022-jp']) {
    const encoder = encoderOf(encoding);
    assert.equal(encoder.encoding, encoding.startsWith('utf') ? encoding : 'utf-8');
    assert.equal(new TextDecoder(encoder.encoding).decode(encoder.encode(text)), text);
  }
});

function decodedOrNot(decoder: TextDecoder, bytes: number[]): string | undefined {
  try {
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
