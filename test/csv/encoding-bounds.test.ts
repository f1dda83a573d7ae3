import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encoderOf } from '../../src/csv/encoding.ts';
import { inPieces } from '../../src/results/pieces.ts';
import { takesAtMost } from '../support/cpu.ts';

test('twenty million characters are encoded in half a second', () => {
  const text = 'Größe, 27", 5 €; '.repeat(20_000_000 / 17);
  for (const encoding of ['windows-1252', 'shift_jis']) {
    const { encode } = encoderOf(encoding);
    const bytes = takesAtMost(500, encoding, () => encode(text));
    assert.equal(bytes.length, text.length);
  }
});

test('what an encoding does not have is one question mark for each character', () => {
  assert.equal(encoderOf('windows-1252').encode('a日😀é\0').toString('latin1'), 'a??é\0');
  assert.equal(encoderOf('shift_jis').encode('a😀日ｱ').toString('hex'), '613f93fab1');
});

test('rows go out in pieces of about a million characters, all of them once and in order', () => {
  const rows = [3, 600_000, 600_000, 1_100_000, 5, 5].map((length, i) => ({
    cells: ['x'.repeat(length), String(i)],
  }));
  const pieces = [...inPieces(rows)];
  assert.deepEqual(
    pieces.map((piece) => piece.map(({ cells }) => cells[1])),
    [['0', '1', '2'], ['3'], ['4', '5']],
  );
  assert.deepEqual([...inPieces([])], []);
});
