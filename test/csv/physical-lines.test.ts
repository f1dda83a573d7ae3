import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PhysicalLines } from '../../src/csv/physical-lines.ts';

const TEXT = 'a\r\nb\rc\n\r\n\n\rd\r\r\ne';
const LINES = TEXT.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('any lines are read as bytes, wherever the chunks are cut', async () => {
  for (const encoding of ['utf-8', 'utf-16le', 'utf-16be']) {
    const encode = (text: string): Buffer => {
      if (encoding === 'utf-8') return Buffer.from(text);
      const bytes = Buffer.from(text, 'utf16le');
      return encoding === 'utf-16be' ? bytes.swap16() : bytes;
    };
    for (let size = 1; size <= 2 * TEXT.length; size += 1)
      for (let from = 1; from <= LINES.length; from += 1) {
        const lines = new PhysicalLines(pieces(encode(TEXT), size), encoding);
        const read = async (first: number, next: number): Promise<Buffer> => {
          const copied: Buffer[] = [];
          await lines.copy(first, next, (bytes) => copied.push(bytes));
          return Buffer.concat(copied);
        };
        assert.deepEqual(
          await read(from, from + 1),
          encode(LINES[from - 1] ?? ''),
          `${encoding} ${size} ${from}`,
        );
        assert.deepEqual(await read(from + 2, from + 4), encode(LINES.slice(from + 1, from + 3).join('')));
        assert.deepEqual(await read(100, 101), Buffer.alloc(0));
      }
  }
});
