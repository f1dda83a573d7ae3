/** Every page of a server in use: no violation of axe, no sideways scrolling, no error, nothing that jumps. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NO_BROWSER, closeBrowser } from './browser.ts';
import { violations } from './axe.ts';
import { openPage, PHONE, shifts, sideways, type Watched, WIDE } from './page.ts';
import { catalogue, finishedBatch, openStage, SECRET, type Stage, stuckBatch } from './stage.ts';
import { allPages } from './all-pages.ts';

describe('pages of a server in use', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  let pages: Record<string, string>;
  before(async () => {
    stage = await openStage({ INBOX_SECRETS: `demo=${SECRET}` });
    const done = await finishedBatch(stage, catalogue(stage.origin.url, { products: 20 }));
    const running = await stuckBatch(stage, catalogue(stage.origin.url, { products: 6, from: 100 }));
    pages = await allPages(stage, { done, running });
  });
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  for (const [name, viewport, colorScheme] of [
    ['wide and light', WIDE, 'light'],
    ['a phone in the dark', PHONE, 'dark'],
  ] as const)
    test(name, async () => {
      await using watched: Watched = await openPage(stage.url, { viewport, colorScheme });
      const { page } = watched;
      const found: string[] = [];
      for (const [what, path] of Object.entries(pages)) {
        await page.goto(path);
        await page.locator('main h1').first().waitFor({ state: 'attached' });
        await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
        found.push(...(await violations(page)).map((line) => `${what}: ${line}`));
        const over = await sideways(page);
        if (over > 0) found.push(`${what} can be scrolled sideways by ${over} px`);
        found.push(...(await shifts(page)).map((line) => `${what} shifts by ${line}`));
      }
      assert.deepEqual(found, []);
      watched.assertQuiet();
    });

  test('a batch that is not there', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/batches/bat_01h455vb4pex5vsknk084sn02q');
    await page.getByText('This batch is not there.').waitFor();
    assert.deepEqual(await violations(page), []);
    watched.assertQuiet(/status of 404/);
  });
});
