/** Main pictures that are fit to a marketplace: chosen at the start, told with the image. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cutOut } from '../support/catalogue.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { TWO_LOOKS, violationsIn } from './axe.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage } from './page.ts';
import { openStage, type Stage } from './stage.ts';

describe('main pictures', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  let origin: Origin;
  before(async () => {
    stage = await openStage();
    const pictures = new Map([
      ['/box.jpg', await cutOut({ width: 1800, height: 2400, fill: 0.5 })],
      ['/scene.jpg', photo(PHOTO_NAMES[2] ?? '')],
    ]);
    origin = await startOrigin((path) => pictures.get(path));
  });
  after(async () => {
    await closeBrowser();
    await origin?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  test('are fit to a marketplace if one says so at the start, and say what was done and what was not', async () => {
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
