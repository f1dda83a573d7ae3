/** What a marketplace says of the pictures of a batch: counts, rules, the pictures behind a count, the day on which it changes. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { cutOut } from '../support/catalogue.ts';
import type { Batch } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { untilGrouped } from '../support/same-pictures.ts';
import { FOUR_LOOKS, violationsIn } from './axe.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, shifts } from './page.ts';
import { catalogue, finishedBatch, openStage, type Stage, stuckBatch } from './stage.ts';

describe('the check of a batch', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  let origin: Origin;
  let batch: Batch;
  before(async () => {
    stage = await openStage();
    const side = { width: 1600, height: 1600 };
    const pictures = new Map([
      ['/white.jpg', await cutOut(side)],
      ['/grey.jpg', await cutOut({ ...side, background: '#d0d0d0' })],
      ['/old.jpg', await cutOut({ width: 1600, height: 1601 })],
      ['/small.jpg', await cutOut({ width: 420, height: 600 })],
    ]);
    origin = await startOrigin((path) => pictures.get(path));
    const rows = ['/white.jpg', '/grey.jpg', '/small.jpg', '/gone.jpg'].map(
      (path, i) => `C-${i},Cup ${i},${origin.url}${path}`,
    );
    batch = await finishedBatch(stage, ['SKU,Name,Image', ...rows].join('\n'), { name: 'cups.csv' });
    await untilGrouped(batch);
  });
  after(async () => {
    await closeBrowser();
    await origin?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  const verdicts = (page: Page): Promise<string[]> => page.locator('.verdicts > * > b').allInnerTexts();
  const heading = (page: Page, text: string): Promise<void> =>
    page.getByRole('heading', { name: text }).waitFor();

  test('says what fails, on which day a rule changes, and shows the pictures behind each count', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto(`/batches/${batch.id}`);
    await page.getByRole('link', { name: 'Check', exact: true }).click();
    await heading(page, 'The linked pictures, by the rules of Google Shopping on');
    await page.getByRole('button', { name: 'Check for 31 Jan 2027' }).click();
    await heading(page, 'The linked pictures, by the rules of Google Shopping on 31 Jan 2027');
    assert.deepEqual(await verdicts(page), ['1', '0', '2', '1']);
    const rule = page.getByRole('row', { name: 'Both sides have at least 500 pixels' });
    await rule.getByText('420 px').last().waitFor();
    await rule.locator('img').last().waitFor();
    assert.match(await rule.innerText(), /support\.google\.com, its own page, read in 2026-11/);
    await page.getByText('Not judged: text, logos and watermarks in the picture').waitFor();
    assert.deepEqual(await violationsIn(FOUR_LOOKS, page), []);

    await rule
      .getByRole('link', { name: /^1 images: Both sides/ })
      .first()
      .click();
    await page
      .getByText('Google Shopping: they do not meet the rule “Both sides have at least 500 pixels”')
      .waitFor();
    await page.getByRole('button', { name: /^3 Cup 2/ }).waitFor();
    assert.equal(await page.locator('.frame').count(), 1);
    await page.reload();
    await page.getByRole('button', { name: /^3 Cup 2/ }).click();
    await heading(page, 'Cup 2');
    await page.goBack();
    await page.getByRole('button', { name: /^3 Cup 2/ }).waitFor();
    await page.getByRole('link', { name: 'The check' }).click();
    await heading(page, 'The linked pictures, by the rules of Google Shopping on 31 Jan 2027');
    await page.getByRole('link', { name: /^1 Unknown/ }).click();
    await page.getByRole('button', { name: /^4 Cup 3/ }).waitFor();
    assert.equal(await page.locator('.frame').count(), 1);
    await page.getByRole('button', { name: 'Show all images' }).click();
    await page.locator('.frame').nth(3).waitFor();
    watched.assertQuiet();
  });

  test('another channel, what Minilab made, and files to take along; the address keeps all of it', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto(`/batches/${batch.id}/check`);
    await page.getByLabel('Channel').selectOption({ label: 'Amazon' });
    await heading(page, 'The linked pictures, by the rules of Amazon on');
    await page
      .getByRole('row', { name: 'The background is pure white' })
      .getByText('#d0d0d0')
      .last()
      .waitFor();
    await page.getByRole('button', { name: 'Made by Minilab' }).click();
    await heading(page, 'The pictures that Minilab made (full), by the rules of Amazon on');
    await page.getByLabel('By the rules of').fill('2027-03-01');
    await heading(page, 'by the rules of Amazon on 1 Mar 2027');
    assert.match(page.url(), /\/check\?channel=amazon&of=output&as_of=2027-03-01$/);
    await page.reload();
    await heading(page, 'The pictures that Minilab made (full), by the rules of Amazon on 1 Mar 2027');
    assert.deepEqual(await shifts(page), []);
    const [check = [], output = []] = await Promise.all(
      ['check.csv', 'output.csv with the verdicts'].map(async (name) => {
        const href = await page.getByRole('link', { name, exact: true }).getAttribute('href');
        const response = await fetch(stage.url + href);
        assert.equal(response.status, 200);
        return parse<Record<string, string>>(await response.text(), { columns: true });
      }),
    );
    assert.equal(check.length, 4);
    assert.ok(output[0] && 'Check (amazon)' in output[0]);
    await page.goto(`/batches/${batch.id}/check`);
    await heading(page, 'The linked pictures, by the rules of Amazon on'); // the channel that was looked at last
    watched.assertQuiet();
  });

  test('a running batch says so, an unknown channel is named, and what was not made cannot be judged', async () => {
    const running = await stuckBatch(stage, catalogue(stage.origin.url, { products: 2, from: 200 }));
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto(`/batches/${running.id}/check?channel=zalando`);
    await page.getByText('The batch still runs: what is not downloaded yet is unknown.').waitFor();
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.goto(`/batches/${batch.id}/check?channel=nobody`);
    await page.getByRole('alert').getByText('There is no channel "nobody".').waitFor();
    const gone = await finishedBatch(stage, `Name,Image\nCup,${origin.url}/none.jpg`);
    await page.goto(`/batches/${gone.id}/check`);
    await page.getByText('No picture was made, so none can be judged.').waitFor();
    const old = await finishedBatch(stage, `Name,Image\nCup,${origin.url}/old.jpg`);
    const { db } = openDatabase(stage.settings['DATABASE_URL'] ?? '', 1);
    await sql`update contents set measures = null, measured_at = null, look_hash = null where height = 1601`.execute(
      db,
    );
    await db.destroy();
    await page.goto(`/batches/${old.id}/check?channel=amazon`);
    await page.getByText('These pictures were not measured.').waitFor();
    assert.deepEqual(await violationsIn(FOUR_LOOKS, page), []);
    watched.assertQuiet(/status of 400/);
  });
});
