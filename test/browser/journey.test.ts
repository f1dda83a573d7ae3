/** What people do with the page: from a spreadsheet to its results, through failures and a stopped server. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Running, startMinilab, untilEnded } from '../support/minilab.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, shifts } from './page.ts';
import { catalogue, finishedBatch, openStage, type Stage } from './stage.ts';

const CSV = { name: 'autumn.csv', mimeType: 'text/csv' };

describe('journeys', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  before(async () => void (stage = await openStage()));
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  const csv = (from: number): Buffer => Buffer.from(catalogue(stage.origin.url, { products: 12, from }));

  async function choose(page: Page, buffer: Buffer, name = CSV.name): Promise<void> {
    await page.goto('/');
    await page.getByLabel('Choose a file').setInputFiles({ ...CSV, name, buffer });
    await page.getByRole('table').waitFor();
  }

  test('a spreadsheet is checked, mapped, made, looked at, and its results are downloaded', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    const odd = csv(1000)
      .toString()
      .replace('SKU,Title', 'Article,Title')
      .replace(/http:\/\/[^,]+\/1000\.jpg/, 'see e-mail');
    await choose(page, Buffer.from(odd));
    await page.getByText('1 of 12 rows cannot be used.').waitFor();
    await page.getByLabel('Article holds').selectOption('SKU');
    await page.getByText('you chose').waitFor();
    await page.getByRole('button', { name: /^Make 2\d images, without that row/ }).click();
    await page.waitForURL(/\/batches\/bat_/);
    await page.getByRole('heading', { name: 'autumn.csv' }).waitFor();
    await page.locator('.frame.completed img').first().waitFor({ timeout: 60_000 });
    await page.getByText('With failures').first().waitFor({ timeout: 60_000 });
    await page.locator('.frame.failed').first().waitFor();
    assert.deepEqual(await shifts(page), []);

    await page
      .getByRole('link', { name: /^Failures/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Nothing at this address' }).waitFor();
    await page.getByRole('navigation', { name: 'Parts of this batch' }).getByText('Results').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download output.csv', exact: true }).click(),
    ]);
    const output = await readFile(await download.path(), 'utf8');
    assert.match(output, /^Article,Title,/);
    assert.match(output, /\/files\/[^,]+\.jpg/);
    const [workbook] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download as XLSX', exact: true }).click(),
    ]);
    assert.match(workbook.suggestedFilename(), /-output\.xlsx$/);
    assert.equal((await readFile(await workbook.path())).toString('latin1', 0, 2), 'PK');
    watched.assertQuiet();
  });

  test("failures are tried again, and their number is the server's", async () => {
    const done = await finishedBatch(stage, csv(2000).toString());
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto(`/batches/${done.id}/failures`);
    const before = stage.origin.requests.size;
    await page.getByRole('button', { name: /^Try \d+ again ?: Nothing at this address/ }).click();
    await page.getByText(/are tried again|is tried again/).waitFor();
    const again = await untilEnded(done.links.self);
    assert.equal(again.counts.failed, done.counts.failed);
    assert.ok(stage.origin.requests.size >= before);
    watched.assertQuiet();
  });

  test('by keyboard alone: to a batch, through its sheet, to an image, and back to the same place', async () => {
    const done = await finishedBatch(stage, csv(3000).toString());
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/');
    const { keyboard } = page;
    await page.getByRole('heading', { level: 1 }).waitFor();
    await keyboard.press('b');
    await page.waitForURL('**/batches');
    await page.getByRole('link', { name: 'catalog.csv' }).first().waitFor();
    await keyboard.press('/');
    await keyboard.type('catalog');
    await keyboard.press('Enter');
    await page.waitForURL(/name=catalog/);
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('type')), 'search');
    await page.goto(`/batches/${done.id}`);
    await page.locator('.frame.completed').first().waitFor();
    await page.locator('.frame[tabindex="0"]').focus();
    await keyboard.press('ArrowRight');
    await keyboard.press('ArrowRight');
    const focused = (): Promise<string | undefined> =>
      page.evaluate(() => (document.activeElement as HTMLElement).dataset['slot']);
    assert.equal(await focused(), '3');
    await keyboard.press('f');
    const failure = await focused();
    assert.match((await page.locator(`[data-slot="${failure}"]`).getAttribute('class')) ?? '', /failed/);
    await keyboard.press('Enter');
    await page.waitForURL(/\/images\//);
    await page.getByText('What to do.').waitFor();
    const failed = page.url();
    await keyboard.press('j');
    await page.waitForURL((url) => url.href !== failed);
    await keyboard.press('Escape');
    await page.waitForURL(new RegExp(`/batches/${done.id}\\?`));
    await page.locator('.frame').first().waitFor();
    await keyboard.press('5');
    await page.waitForURL(/\/results$/);
    await keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await keyboard.press('Escape');
    assert.equal(await page.getByRole('dialog').count(), 0);
    watched.assertQuiet();
  });

  test('a server that stops and comes back: the page says so, keeps what it knows, and goes on', async () => {
    const port = new URL(stage.url).port;
    const done = await finishedBatch(stage, csv(4000).toString());
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/batches');
    await page.getByRole('link', { name: 'catalog.csv' }).first().waitFor();
    await stage.minilab[Symbol.asyncDispose]();
    await page.getByText('The server does not answer.', { exact: false }).waitFor();
    await page.getByText('Offline', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'catalog.csv' }).first().waitFor();
    await using _again: Running = await startMinilab('serve', { ...stage.settings, PORT: port });
    await page.getByText('Live', { exact: true }).waitFor();
    await page.goto(`/batches/${done.id}`);
    await page.locator('.frame').first().waitFor();
    watched.assertQuiet(/ERR_CONNECTION|Failed to load resource/);
  });
});
