/** The check: the example, roles, errors that are corrected, many errors, and how long it may take. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { WORKBOOK_TYPE } from '../../src/intake/receive.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, untilEnded } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';
import { textRows, workbook } from '../support/workbooks.ts';
import { buildZip } from '../support/zip-builder.ts';
import { violations } from './axe.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, PHONE, shifts, sideways } from './page.ts';
import { catalogue, finishedBatch, openStage, type Stage } from './stage.ts';

const CSV = { name: 'autumn.csv', mimeType: 'text/csv' };

describe('the check', { skip: NO_BROWSER ?? false }, () => {
  const stack = new AsyncDisposableStack();
  let stage: Stage;
  before(async () => {
    const folder = stack.use(await newFolder());
    const lender = stack.use(await startOrigin(() => photo(PHOTO_NAMES[2] ?? '')));
    const EXAMPLE_CSV = join(folder.path, 'example.csv');
    await writeFile(EXAMPLE_CSV, `SKU,Name,Image\n1,Bowl,${lender.url}/1.jpg\n2,Cup,${lender.url}/2.jpg\n`);
    stage = stack.use(await openStage({ EXAMPLE_CSV }));
    stack.defer(closeBrowser);
  });
  after(() => stack.disposeAsync());

  async function choose(page: Page, lines: string[], name = CSV.name): Promise<void> {
    await page.goto('/');
    await page
      .getByLabel('Choose a file')
      .setInputFiles({ ...CSV, name, buffer: Buffer.from(lines.join('\n')) });
    await page.getByRole('table').waitFor();
  }

  async function download(page: Page, link: string): Promise<string> {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: link, exact: true }).click(),
    ]);
    return readFile(await file.path(), 'utf8');
  }

  async function batchOf(page: Page): Promise<Batch> {
    await page.waitForURL(/\/batches\/bat_/);
    return json<Batch>(fetch(`${stage.url}/v1${new URL(page.url()).pathname}`));
  }

  // The first: it begins without batches.
  test('the example of the server is checked like any file, from where there are no batches yet', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/batches');
    await page.getByText('No batches yet').waitFor();
    await page.getByRole('button', { name: 'Try the example' }).waitFor();
    await page.goto('/');
    await page.getByRole('button', { name: 'Try the example' }).click();
    await page.getByText('All 2 rows can be used.').waitFor();
    await page.getByRole('heading', { name: 'example.csv' }).waitFor();
    await page.getByRole('button', { name: 'Make 2 images' }).click();
    await page.locator('.frame.completed img').first().waitFor();
    assert.deepEqual(await shifts(page), []);
    watched.assertQuiet();
  });

  test('a workbook with several sheets of products asks which one to read', async () => {
    const sheet = (name: string, skus: string[]) => ({
      name,
      rows: textRows([['SKU', 'Image'], ...skus.map((sku) => [sku, `${stage.origin.url}/p/${sku}.jpg`])]),
    });
    const buffer = workbook({
      sheets: [sheet('Spring', ['1', '2']), sheet('<b>Autumn</b>', ['003', '4', '5'])],
    });
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/');
    await page
      .getByLabel('Choose a file')
      .setInputFiles({ name: 'two.xlsx', mimeType: WORKBOOK_TYPE, buffer });
    await page.getByText('The workbook has 2 sheets with an image column').waitFor();
    await page.getByRole('combobox', { name: 'Sheet' }).selectOption('<b>Autumn</b>');
    await page.getByText('All 3 rows can be used.').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole('combobox', { name: 'Sheet' }).selectOption('Spring');
    await page.getByText('All 2 rows can be used.').waitFor();
    await page.getByRole('combobox', { name: 'Sheet' }).selectOption('<b>Autumn</b>');
    await page.getByRole('cell', { name: '003', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Make 3 images' }).click();
    const batch = await batchOf(page);
    assert.equal(batch.counts.total, 3);
    watched.assertQuiet();
  });

  test('an archive with a table and its pictures is checked and made, and a picture has its own name', async () => {
    const buffer = buildZip([
      { name: 'table.csv', content: 'SKU,Image\n1,front.jpg\n2,none.jpg\n' },
      { name: 'pictures/front.jpg', content: photo(PHOTO_NAMES[2] ?? ''), isStored: true },
    ]);
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/');
    await page
      .getByLabel('Choose a file')
      .setInputFiles({ name: 'shop.zip', mimeType: 'application/zip', buffer });
    await page.getByText('1 of 2 rows cannot be used.').waitFor();
    await page.getByRole('button', { name: 'Make 1 image, without that row' }).click();
    const batch = await batchOf(page);
    const ended = await untilEnded(batch.links.self);
    assert.equal(ended.counts.completed, 1);
    await page.locator('.frame.completed').first().click();
    await page.getByText('pictures/front.jpg').first().waitFor();
    watched.assertQuiet();
  });

  test('roles are changed in the header; what a column cannot be is said in its cells, with what it may be', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await choose(page, [
      'Article,Title,Photo,Photo,Kind,',
      `A-1,Bowl,${stage.origin.url}/p/1.jpg,${stage.origin.url}/p/2.jpg,round,spare`,
    ]);
    const role = (column: string) => page.getByLabel(`${column} holds`, { exact: true });
    await role('Article').selectOption('SKU');
    await page.getByText('you chose').waitFor();
    await role('Title').selectOption('SKU');
    await page.getByRole('columnheader', { name: 'Article' }).getByText('untouched').waitFor(); // one column holds it

    await role('Kind').selectOption('Format');
    await page.getByText(/"round" .*jpeg.*webp/).waitFor();
    await page.getByText('No row can be used.').waitFor();
    assert.deepEqual(await violations(page), []);
    await role('Kind').selectOption('Kept');
    await page.getByText('The row can be used.').waitFor();

    await role('Photo').nth(1).selectOption('Kept');
    await page.getByText('Columns with the same name have the same role').first().waitFor();
    await page.locator('th.as-images').nth(1).waitFor();
    await page.locator('th.as-sku').getByText('Title').waitFor(); // what was chosen before stays
    assert.ok(await role('Column 6').isDisabled(), 'roles are given by names');
    watched.assertQuiet();
  });

  test('without an image column, the button says what to do, until another one is chosen', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await choose(page, ['SKU,Image,Large', `A-1,${stage.origin.url}/gone/1.jpg,${stage.origin.url}/p/1.jpg`]);
    await page.getByRole('button', { name: 'Make 1 image' }).waitFor();
    await page.getByLabel('Image holds', { exact: true }).selectOption('Kept');
    await page.getByText('No column holds image links yet: choose one in the header of the table.').waitFor();
    await page.getByLabel('Large holds', { exact: true }).selectOption('Image link');
    await page.getByText('From 1 product', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Make 1 image' }).click();
    const { links } = await batchOf(page);
    await page.getByText('Completed').first().waitFor();
    const { items } = await json<{ items: { source_url: string }[] }>(fetch(links.images));
    assert.deepEqual(
      items.map((image) => image.source_url),
      [`${stage.origin.url}/p/1.jpg`],
    );
    watched.assertQuiet();
  });

  test('the rows with errors are taken as a CSV, corrected, dropped, and all of them are made', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await choose(page, [
      'SKU,Title,Image',
      `A-1,Bowl,${stage.origin.url}/p/11.jpg`,
      'A-2,Cup,see e-mail',
      'A-3,Plate,htp://plates.example/3.jpg',
    ]);
    await page.getByText('2 of 3 rows cannot be used.').waitFor();
    const bad = await download(page, 'The 2 rows');
    assert.equal(bad, 'SKU,Title,Image\nA-2,Cup,see e-mail\nA-3,Plate,htp://plates.example/3.jpg');
    await page.getByRole('button', { name: 'Make 1 image, without the 2 rows' }).waitFor();

    let number = 12;
    const corrected = bad.replaceAll(/see e-mail|htp:\S+/g, () => `${stage.origin.url}/p/${number++}.jpg`);
    const dropped = await page.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], 'corrected.csv', { type: 'text/csv' }));
      return transfer;
    }, corrected);
    await page.dispatchEvent('main', 'drop', { dataTransfer: dropped });
    await page.getByRole('heading', { name: 'corrected.csv' }).waitFor();
    await page.getByText('All 2 rows can be used.').waitFor();
    await page.getByRole('button', { name: 'Make 2 images' }).click();
    const { counts } = await batchOf(page);
    assert.equal(counts.total, 2);
    await page.getByText('Completed').first().waitFor();
    watched.assertQuiet();
  });

  test('of many rows with errors, 50 are in the document at a time', async () => {
    await using watched = await openPage(stage.url, { viewport: PHONE, colorScheme: 'dark' });
    const { page } = watched;
    const rows = Array.from({ length: 120 }, (_, i) =>
      i % 2 === 1 ? `A-${i},Bowl,none ${i}` : `A-${i},Bowl,${stage.origin.url}/p/${i}.jpg`,
    );
    await choose(page, ['SKU,Title,Image', ...rows]);
    await page.getByText('60 of 120 rows cannot be used.').waitFor();
    await page.getByText('Rows with problems: 1 to 50 of 60.').waitFor();
    assert.equal(await page.locator('.cells .why').count(), 50);
    assert.deepEqual(await violations(page), []);
    assert.equal(await sideways(page), 0);
    assert.deepEqual(await shifts(page), []);
    await page.getByRole('button', { name: 'Next 10' }).click();
    await page.getByText('Rows with problems: 51 to 60 of 60.').waitFor();
    assert.equal(await page.locator('.cells .why').count(), 10);
    assert.ok(await page.evaluate(() => document.activeElement?.getAttribute('role') === 'region'));
    await page.getByRole('button', { name: 'Before' }).click();
    await page.getByText('Rows with problems: 1 to 50 of 60.').waitFor();
    watched.assertQuiet();
  });

  test('how long it may take is said from the speed of a batch like it, and else nothing', async () => {
    const csv = catalogue(stage.origin.url, { products: 24, from: 5_000 });
    await finishedBatch(stage, csv, { force: 'true' });
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await choose(page, csv.split('\n'));
    await page.getByText(/About \d+ (s|min) at the speed of your last batch with this preset\./).waitFor();
    await page.getByRole('radio', { name: /^amazon/ }).check();
    await page.getByText('From 24 products, 1 file each.', { exact: true }).waitFor();
    watched.assertQuiet();
  });
});
