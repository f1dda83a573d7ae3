/** A failure is understood and tried again: first there is nothing at the address, then the picture; the frame becomes it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage } from './page.ts';

describe('one failed image', { skip: NO_BROWSER ?? false }, () => {
  const stack = new AsyncDisposableStack();
  const there = new Set<string>();
  let origin: Origin;
  let minilab: Running;
  before(async () => {
    const folder = stack.use(await newFolder());
    origin = stack.use(
      await startOrigin((path) => (there.has(path) ? photo(PHOTO_NAMES[0] ?? '') : undefined)),
    );
    const settings = { DATABASE_URL: await migratedDatabase(), DATA_DIR: folder.path };
    minilab = stack.use(await startMinilab('serve', settings));
  });
  after(async () => {
    await closeBrowser();
    await stack.disposeAsync();
  });

  test('is tried again alone, and becomes the picture', async () => {
    const rows = ['a', 'b', 'c'].map((name) => `${name},Bowl ${name},${origin.url}/${name}.jpg`);
    const csv = ['SKU,Title,Image', ...rows].join('\n');
    const batch = await json<Batch>(upload(minilab.url, csv, {}));
    await untilEnded(batch.links.self);
    await using watched = await openPage(minilab.url);
    const { page } = watched;
    await page.goto(`/batches/${batch.id}`);
    const frame = page.locator('.frame[data-slot="2"]');
    await page.locator('.frame.failed[data-slot="2"]').waitFor();
    await frame.click();
    await page.getByRole('heading', { name: 'Nothing at this address' }).waitFor();
    await page.getByText('ask the supplier for new ones', { exact: false }).waitFor();
    there.add('/b.jpg'); // the supplier has heard
    const before = new Map(origin.requests);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('It is tried again').waitFor();
    await page.getByRole('img', { name: 'Bowl b, as made' }).waitFor({ timeout: 60_000 });
    await page.getByText('Done').waitFor();
    assert.equal(origin.requests.get('/a.jpg'), before.get('/a.jpg'), 'the others are left alone');
    await page.goBack();
    await page.locator('.frame.completed[data-slot="2"] img').waitFor();
    assert.equal(await page.locator('.frame.failed').count(), 2);
    const { counts } = await untilEnded(batch.links.self);
    assert.deepEqual([counts.completed, counts.failed], [1, 2]);
    watched.assertQuiet();
  });
});
