/** A batch of 100,000 images on the contact sheet: quick to see, small in the browser, every place in reach. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { type Api, startApi } from '../../support/api.ts';
import { closeBrowser, NO_BROWSER } from '../../browser/browser.ts';
import { openPage, shifts } from '../../browser/page.ts';
import { insertLargeBatch } from './large-batch.ts';

const IMAGES = 100_000;
const EACH = 4;
const FIRST_VIEW_MS = 1_000;
const MOST_FRAMES = 120;
const MOST_MB = 300;
const FAILED_EVERY = 997;
const STEPS = 20;

describe(`${IMAGES} images`, { skip: NO_BROWSER ?? false }, () => {
  let api: Api;
  before(async () => {
    api = await startApi();
    await insertLargeBatch(api.services, { images: IMAGES, perProduct: EACH, failedEvery: FAILED_EVERY });
    await fetch(api.url); // it is built
  });
  after(async () => {
    await closeBrowser();
    await api?.[Symbol.asyncDispose]();
  });

  test('are seen within a second, scrolled through with few frames and little memory, and found', async (context) => {
    await using watched = await openPage(api.url);
    const { page } = watched;
    const frames = (): Promise<number> => page.locator('.frame').count();
    let firstViewMs = Infinity; // the best of three: other programs run on this machine too
    for (let visit = 0; visit < 3; visit += 1) {
      await page.goto('/batches');
      const link = page.getByRole('link', { name: 'large.csv', exact: true });
      await link.waitFor();
      const began = performance.now();
      await link.click();
      await page.locator('.frame.completed .reb b').first().waitFor();
      firstViewMs = Math.min(firstViewMs, performance.now() - began);
    }

    let most = await frames();
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    for (let step = 0; step <= STEPS; step += 1) {
      await page.evaluate((top) => scrollTo({ top, behavior: 'instant' }), (step / STEPS) * height);
      await sleep(120);
      most = Math.max(most, await frames());
    }
    await page.locator(`[data-slot="${IMAGES}"]`, { hasText: `Product ${IMAGES / EACH}` }).waitFor();

    await page.getByLabel('Row, SKU or name').fill('SKU-12345');
    await page.keyboard.press('Enter');
    const found = (12_345 - 1) * EACH + 1;
    await page.locator(`[data-slot="${found}"]:focus`).waitFor();
    await page.keyboard.press('f');
    const failure = Math.ceil((found + 1) / FAILED_EVERY) * FAILED_EVERY;
    await page.locator(`[data-slot="${failure}"]:focus`).waitFor();

    const cdp = await watched.context.newCDPSession(page);
    await cdp.send('HeapProfiler.collectGarbage');
    const { usedSize } = await cdp.send('Runtime.getHeapUsage');
    context.diagnostic(
      `first view ${firstViewMs.toFixed(0)} ms, ${most} frames, ${(usedSize / 1e6).toFixed(1)} MB of heap`,
    );
    assert.ok(firstViewMs < FIRST_VIEW_MS, `${firstViewMs} ms`);
    assert.ok(most <= MOST_FRAMES, `${most} frames`);
    assert.ok(usedSize < MOST_MB * 1e6, `${usedSize} bytes`);
    assert.deepEqual(await shifts(page), []);
    watched.assertQuiet();
  });
});
