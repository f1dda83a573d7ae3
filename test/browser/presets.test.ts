/** A preset is made while its files are looked at, is used, and is changed; what is wrong stands at its field. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator } from 'playwright-core';
import { json } from '../support/minilab.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, shifts } from './page.ts';
import { catalogue, finishedBatch, openStage, type Stage } from './stage.ts';

/** The browser says in its console that the server refused; the page says it in words. */
const REFUSED = /status of 422/;

type Preset = { renditions: { name: string; width: number; format: string }[] };
type Images = { items: { state: string; renditions: { name: string; format: string; width: number }[] }[] };

describe('presets', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  before(async () => void (stage = await openStage()));
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  test('a preset with its preview, used in a batch, and changed', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    const types: (string | undefined)[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('/preview')) types.push(response.headers()['content-type']);
    });
    await page.goto('/presets');
    await page.getByRole('link', { name: 'New preset' }).click();
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText('1,600 × 900').waitFor();
    await page.getByLabel('Name').first().fill('Our Shop');
    await page.getByLabel('Name').nth(1).fill('card');
    await page.getByLabel('Format').selectOption('AVIF');
    await page.getByLabel('Width').fill('480');
    await preview.getByText('480 × 270').waitFor();
    const shown = await preview.getByRole('img').evaluate((image: HTMLImageElement) => image.naturalWidth);
    assert.deepEqual([types.at(-1), shown], ['image/avif', 480], 'a real file, which the browser shows');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('A name begins with a small letter').waitFor();
    await page.getByLabel('Name').first().fill('our-shop');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'our-shop' }).waitFor();
    assert.deepEqual(await shifts(page), []);

    const batch = await finishedBatch(stage, catalogue(stage.origin.url, { products: 1 }), {
      preset: 'our-shop',
    });
    const { items } = await json<Images>(fetch(batch.links.images));
    assert.deepEqual(
      items[0]?.renditions.map(({ name, format, width }) => [name, format, width]),
      [['card', 'avif', 480]],
    );
    await page.reload();
    await preview.getByText('Your latest: Lacquer bowl').waitFor({ state: 'attached' });
    await preview.getByRole('combobox').selectOption({ label: 'Your latest: Lacquer bowl, red, no. 1' });
    await preview.getByText('(−').waitFor(); // how much smaller than its source
    await page.getByLabel('Width').fill('120');
    await preview.getByText('120 ×').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    const saved = await json<Preset>(fetch(`${stage.url}/v1/presets/our-shop`));
    assert.deepEqual(saved.renditions[0]?.width, 120);
    watched.assertQuiet(REFUSED);
  });

  test('what is wrong stands at its field at once, and again when it is saved', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/presets/new?from=web');
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText('made in').nth(1).waitFor();
    const at = (name: string): Locator => page.locator('label.field', { hasText: name });
    const width = page.getByLabel('Width').first();
    await width.fill('0');
    await at('Width').getByText('It must be 1 or more.').waitFor();
    assert.equal(await width.getAttribute('aria-invalid'), 'true');
    await preview.getByText('Its settings have errors.').waitFor();
    await width.fill('900');
    await preview.getByText('900 × 506').waitFor();
    assert.equal(await page.getByText('It must be 1 or more.').count(), 0);
    await page.getByLabel('Bytes, at most').first().fill('100');
    await preview.getByText('The image cannot be made as small', { exact: false }).waitFor();
    await page.getByLabel('Bytes, at most').first().fill('');
    await page.getByLabel('Name').nth(2).fill('full');
    await page.getByLabel('Name').first().fill('twice');
    await page.getByRole('button', { name: 'Save' }).click();
    await at('Name').getByText('There is another rendition "full".').waitFor();
    watched.assertQuiet(REFUSED);
  });

  test('a picture of this computer is looked at, and is forgotten with the page', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/presets/half-quality');
    const buffer = Buffer.from(photo(PHOTO_NAMES[0] ?? ''));
    await page
      .getByLabel('Another picture')
      .setInputFiles({ name: 'mine.jpg', mimeType: 'image/jpeg', buffer });
    await page.waitForFunction(() =>
      document.querySelector('select:has([value^=upl])')?.textContent?.endsWith('mine.jpg'),
    );
    await page.getByText('(−').waitFor();
    const removed = page.waitForResponse((response) => response.request().method() === 'DELETE');
    await page.getByRole('link', { name: 'Presets' }).first().click();
    assert.equal((await removed).status(), 204);
    watched.assertQuiet();
  });
});
