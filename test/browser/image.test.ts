/**
 * The page of an image: before and after, its neighbours, what it says when there is no before any more; a failure
 * that is tried again; a main picture that is fit to a marketplace.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cutOut } from '../support/catalogue.ts';
import { untilEnded } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';
import { TWO_LOOKS, violations, violationsIn } from './axe.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, shifts } from './page.ts';
import { finishedBatch, openStage, type Stage } from './stage.ts';

describe('one image', { skip: NO_BROWSER ?? false }, () => {
  const files = new Map<string, Buffer>();
  let origin: Origin;
  let stage: Stage;
  before(async () => {
    origin = await startOrigin((path) => files.get(path));
    stage = await openStage();
  });
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
    await origin?.[Symbol.asyncDispose]();
  });

  test('an image is compared with its source by keys; j and k lead to its neighbours; what is gone or changed is said', async () => {
    const [first, second] = [photo(PHOTO_NAMES[2] ?? ''), photo(PHOTO_NAMES[3] ?? '')];
    for (const [path, file] of [
      ['/1.jpg', first],
      ['/2.jpg', second],
      ['/3.jpg', first],
    ] as const)
      files.set(path, file);
    const links = ['1', '2', '3'].map((name) => `${origin.url}/${name}.jpg`);
    const batch = await finishedBatch(stage, `Title,Photo 1,Photo 2,Photo 3\nBowl,${links.join(',')}`);
    assert.equal(batch.counts.completed, 3);
    files.delete('/2.jpg');
    files.set('/3.jpg', second);
    await using watched = await openPage(stage.url);
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

  test('one that failed is tried again alone, and becomes the picture', async () => {
    const rows = ['a', 'b', 'c'].map((name) => `${name},Bowl ${name},${origin.url}/${name}.jpg`);
    const csv = ['SKU,Title,Image', ...rows].join('\n');
    const batch = await finishedBatch(stage, csv);
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto(`/batches/${batch.id}`);
    const frame = page.locator('.frame[data-slot="2"]');
    await page.locator('.frame.failed[data-slot="2"]').waitFor();
    await frame.click();
    await page.getByRole('heading', { name: 'Nothing at this address' }).waitFor();
    await page.getByText('ask the supplier for new ones', { exact: false }).waitFor();
    files.set('/b.jpg', photo(PHOTO_NAMES[0] ?? '')); // the supplier has heard
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

  test('main pictures are fit to a marketplace if one says so at the start, and say what was done and what was not', async () => {
    files.set('/box.jpg', await cutOut({ width: 1800, height: 2400, fill: 0.5 }));
    files.set('/scene.jpg', photo(PHOTO_NAMES[2] ?? ''));
    await using watched = await openPage(stage.url);
    const { page } = watched;
    const csv = `SKU,Name,Image\nA,Box,${origin.url}/box.jpg\nB,Street,${origin.url}/scene.jpg\n`;
    await page.goto('/');
    const file = { name: 'shop.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) };
    await page.getByLabel('Choose a file').setInputFiles(file);
    await page.getByLabel('Main picture').selectOption({ label: 'fit to Amazon' });
    await page.getByText('as large as Amazon wants it').waitFor();
    assert.deepEqual(await violationsIn(TWO_LOOKS, page), []);
    await page.getByRole('button', { name: /^Make 2 images/, disabled: false }).click();
    await page.getByText('(main picture amazon-fix)').waitFor();
    await page.getByRole('button', { name: /^1 Box.*done/ }).click();
    await page.getByText('Cut to the product, compressed anew').waitFor();
    await page.keyboard.press('j');
    await page.getByText('The picture has no plain background: padding it would show a frame.').waitFor();
    assert.deepEqual(await violationsIn(TWO_LOOKS, page), []);
    watched.assertQuiet();
  });
});
