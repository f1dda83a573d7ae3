import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAt } from '../../web/pages/batch/sheet/run.ts';

/** Rows of the file by slot, in a sheet of four columns: "1 1 1 2", "2 3 3 3", "3". */
const ROWS = [1, 1, 1, 2, 2, 3, 3, 3, 3];
const COLUMNS = 4;

function runs(rowOf: (slot: number) => number | undefined): string {
  return ROWS.map((_, index) => {
    const place = { slot: index + 1, column: index % COLUMNS, columns: COLUMNS };
    const { isFirst, isContinued, length } = runAt(place, rowOf);
    return `${isFirst ? (isContinued ? 'again' : 'first') : 'then'} ${length}`;
  }).join(', ');
}

test('the sheet names a product where its images begin, and again in the next line, whatever their positions', () => {
  assert.equal(
    runs((slot) => ROWS[slot - 1]),
    'first 3, then 2, then 1, first 1, again 1, first 3, then 2, then 1, again 1',
  );
});

test('an image of which nothing is known yet stands alone', () => {
  assert.equal(
    runs(() => undefined),
    Array.from(ROWS, () => 'first 1').join(', '),
  );
});
