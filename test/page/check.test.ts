/** What the page computes of a preview: pages of problems, gaps that are not listed, and how long a batch may take. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { previewOf } from '../support/previews.ts';
import type { Batch, Preview } from '../../web/api/types.ts';
import { estimate } from '../../web/pages/check/estimate.ts';
import { problemPage, unlistedFrom } from '../../web/pages/check/problem-pages.ts';

/** @param isBad by the number of the row, from 1 */
async function checked(rows: number, isBad: (row: number) => boolean): Promise<Preview> {
  const lines = Array.from(
    { length: rows },
    (_, i) => `A-${i},Bowl,${isBad(i + 1) ? 'htp' : 'https'}://shop.example/${i}.jpg`,
  );
  return previewOf(['SKU,Title,Image', ...lines].join('\n'));
}

describe('pages of rows with problems', () => {
  test('the first has the first rows too; all together have each row with problems once', async () => {
    const preview = await checked(400, (row) => row % 3 === 2);
    const pages = [0, 1, 2].map((page) => problemPage(preview, page));
    assert.deepEqual(
      pages[0]?.rows.slice(0, 4).map(({ row }) => row),
      [1, 2, 3, 5],
    );
    assert.deepEqual(
      pages.map(({ from, total }) => [from, total]),
      [
        [0, 133],
        [50, 133],
        [100, 133],
      ],
    );
    for (const [i, { next }] of pages.entries())
      assert.equal(next, pages[i + 1]?.rows[0]?.row ?? preview.rows + 1, 'the gap ends at the next page');
    assert.equal(pages[1]?.before, pages[0]?.rows.at(-1)?.row);
    assert.deepEqual(problemPage(preview, 9), pages[2], 'a page that is no more');
  });

  test('beyond the first 1,000 errors, gaps do not say that rows are without a problem', async () => {
    assert.equal(unlistedFrom(await checked(2_000, (row) => row % 2 === 0)), Infinity);
    assert.equal(unlistedFrom(await checked(2_002, (row) => row % 2 === 0)), 2_000);
  });

  test('a file without rows, and one without a problem', async () => {
    assert.deepEqual(problemPage(await checked(0, () => false), 0).rows, []);
    const { rows, next } = problemPage(await checked(9, () => false), 0);
    assert.deepEqual([rows.length, next], [3, 10]);
  });
});

test('images of rows with errors are not among those that can be made', async () => {
  const { images, usable_images } = await checked(10, (row) => row === 4);
  assert.deepEqual([images, usable_images], [10, 9]);
});

describe('the estimate', () => {
  const batch = (changes: object = {}): Batch =>
    ({
      preset: 'web',
      round: 1,
      ended_at: '2026-11-29T10:00:00Z',
      images_per_second: 5,
      reused: 0,
      counts: { total: 100, pending: 0, processing: 0, completed: 90, failed: 10, cancelled: 0 },
      ...changes,
    }) as Batch;

  test('is at the speed of the newest batch with the same preset', () => {
    const batches = [batch({ preset: 'amazon' }), batch(), batch({ images_per_second: 1 })];
    assert.equal(estimate(batches, 'web', 1_000), 200);
  });

  test('is not made where nothing says enough', () => {
    const counts = (changes: object): object => ({ counts: { ...batch().counts, ...changes } });
    const says = {
      'no batch': [],
      'another preset': [batch({ preset: 'amazon' })],
      'a batch that still runs': [batch({ ended_at: null }), batch()],
      'a retry': [batch({ round: 2 })],
      'a cancelled one': [batch(counts({ completed: 50, cancelled: 40 }))],
      'nothing but what was made before': [batch({ reused: 85 })],
      'links that led nowhere': [batch(counts({ completed: 30, failed: 70 }))],
      'a few images': [batch(counts({ total: 12, completed: 12, failed: 0 }))],
      'no speed': [batch({ images_per_second: null })],
    };
    for (const [what, batches] of Object.entries(says))
      assert.equal(estimate(batches, 'web', 1_000), undefined, what);
    assert.equal(estimate([batch()], 'web', 10_001), undefined, 'far more images than were measured');
  });
});
