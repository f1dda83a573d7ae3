/** The page of an image: before and after, its neighbours, and what it says when there is no before any more. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Batch, json, startMinilab, untilEnded, upload, type Running } from '../support/minilab.ts';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';
import { violations } from './axe.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, shifts } from './page.ts';

describe('an image', { skip: NO_BROWSER ?? false }, () => {
  let folder: Folder;
  let origin: Origin;
  let server: Running;
  let batch: Batch;
  const [first, second] = [photo(PHOTO_NAMES[2] ?? ''), photo(PHOTO_NAMES[3] ?? '')];
  const files = new Map([
    ['/1.jpg', first],
    ['/2.jpg', second],
    ['/3.jpg', first],
  ]);
  before(async () => {
    folder = await newFolder();
    origin = await startOrigin((path) => files.get(path));
    server = await startMinilab('serve', { DATABASE_URL: await migratedDatabase(), DATA_DIR: folder.path });
    const links = [...files.keys()].map((path) => origin.url + path);
    const csv = `Title,Photo 1,Photo 2,Photo 3\nBowl,${links.join(',')}`;
    batch = await untilEnded((await json<Batch>(upload(server.url, csv))).links.self);
    assert.equal(batch.counts.completed, 3);
  });
  after(async () => {
    await closeBrowser();
    await server?.[Symbol.asyncDispose]();
    await origin?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  test('is compared with its source by keys; j and k lead to its neighbours; what is gone or changed is said', async () => {
    files.delete('/2.jpg');
    files.set('/3.jpg', second);
    await using watched = await openPage(server.url);
    const { page } = watched;
    await page.goto(`/batches/${batch.id}?slot=1`);
    await page.locator('.frame.completed:focus').waitFor();
    await page.keyboard.press('Enter');
    const slider = page.getByRole('slider');
    await slider.waitFor();
    await page.getByText(/^Before · /).waitFor();
    assert.equal(await slider.inputValue(), '50');
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await slider.inputValue(), '51');
    await page.keyboard.press('Home');
    assert.equal(await slider.inputValue(), '0');
    assert.deepEqual(await violations(page), []);

    await page.keyboard.press('j');
    await page.getByText('image 2 of 3').waitFor();
    await page.getByText('No picture before: Nothing was found', { exact: false }).waitFor();
    assert.equal(await page.getByRole('slider').count(), 0);
    await page.getByText(/^After · /).waitFor();

    await page.getByRole('link', { name: 'Next image' }).click();
    await page.getByText('image 3 of 3').waitFor();
    await page.getByText(/No picture before: .*(changed|other|different)/).waitFor();
    assert.deepEqual(await violations(page), []);

    await page.keyboard.press('k');
    await page.getByText('image 2 of 3').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.frame').nth(2).waitFor();
    assert.deepEqual(await shifts(page), []);
    watched.assertQuiet(/status of (409|502|503)/);
  });
});
