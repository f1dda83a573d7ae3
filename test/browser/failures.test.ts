/** Failures of a batch that still runs: many of one kind at many hosts, asked for again, and cancelled. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Batch, json } from '../support/minilab.ts';
import { violations } from './axe.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, PHONE, sideways } from './page.ts';
import { openStage, type Stage, stuckBatch } from './stage.ts';

const FAILURES = 1_200;
const HOSTS = 30;

describe('failures of a running batch', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  let running: Batch;
  before(async () => {
    stage = await openStage();
    // Addresses that no server may ask fail at once.
    const rows = Array.from(
      { length: FAILURES },
      (_, i) => `No. ${i + 1},"Lamp ${i + 1}",http://10.0.${i % HOSTS}.1/lamp-${i + 1}.jpg,,1`,
    );
    running = await stuckBatch(stage, ['SKU,Title,Photo URL 1,Photo URL 2,Price', ...rows].join('\n'));
  });
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  const failuresOf = async (page: Page): Promise<void> => {
    await page.goto(`/batches/${running.id}/failures`);
    await page.getByText('need a correction', { exact: true }).waitFor();
  };

  test('one group names its largest hosts, how many there are more, and all images by and by', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await failuresOf(page);
    const group = page.locator('.group');
    assert.equal(await group.count(), 1);
    assert.equal(await group.locator('.count').innerText(), '1,200');
    assert.equal(await group.locator('.hosts a').count(), 11);
    await group.getByText('and 20 other hosts').waitFor();
    await group.getByRole('button', { name: 'All 1,200' }).click();
    await group.getByText('50 of 1,200').waitFor();
    await group.getByRole('button', { name: '50 more' }).click();
    await group.getByText('100 of 1,200').waitFor();
    assert.equal(await group.locator('.it').count(), 100);
    await group.getByText('Lamp 100 ').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.setViewportSize(PHONE);
    assert.equal(await sideways(page), 0);
    watched.assertQuiet();
  });

  test('asked for again while it runs, they follow when it has ended; Cancel says what stays, and drops them', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await failuresOf(page);
    await page.getByText('starts when it has ended').waitFor();
    await page.getByRole('button', { name: /^Try 1,200 again ?:/ }).click();
    await page.getByText('1,200 images will be tried again when the batch has ended').waitFor();
    await page.getByText('What you asked for is tried again as soon as it has ended.').waitFor();

    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Cancel this batch?' });
    await question.getByText('2 images will not be made.').waitFor();
    await question.getByText('What is done stays: 0 images and 1,200 failures', { exact: false }).waitFor();
    assert.deepEqual(await violations(page), []);
    await question.getByRole('button', { name: 'Let it run' }).click();
    await question.waitFor({ state: 'detached' });
    assert.equal((await json<Batch>(fetch(running.links.self))).state, 'processing');

    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await question.getByRole('button', { name: 'Cancel the batch' }).click();
    await question.waitFor({ state: 'detached' });
    await page.getByText('Cancelled', { exact: true }).first().waitFor();
    await page.getByRole('link', { name: /^Contact sheet/ }).click();
    await page.locator('.frame').first().focus();
    await page.keyboard.press('End');
    await page.locator('.frame.cancelled').nth(1).waitFor();
    assert.equal(await page.locator('.frame.cancelled').count(), 2);
    const now = await json<Batch & { retry_planned: boolean }>(fetch(running.links.self));
    assert.deepEqual([now.state, now.retry_planned], ['cancelled', false]);
    watched.assertQuiet();
  });
});
