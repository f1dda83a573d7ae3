/** What the pages show when there is nothing, not yet, not now, or an error: each state passes axe. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { Client } from 'pg';
import { TWO_LOOKS, violationsIn } from './axe.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { goTo, openPage, settled, shifts } from './page.ts';
import { catalogue, finishedBatch, openStage, type Stage } from './stage.ts';

describe('states', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  before(async () => void (stage = await openStage()));
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  const passes = async (page: Page): Promise<void> =>
    assert.deepEqual(await violationsIn(TWO_LOOKS, page), []);

  test('a new server: each page says that it is empty, and what to do', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/');
    await settled(page);
    assert.equal(await page.getByRole('heading', { name: 'Last batches' }).count(), 0);
    const empty = {
      '/': 'Drop your product spreadsheet',
      '/batches': 'No batches yet',
      '/webhooks': 'No endpoints yet',
      '/webhooks/inbox': 'The inbox is empty',
      '/hosts': 'No hosts yet',
      '/keys': 'No keys yet',
    };
    for (const [path, title] of Object.entries(empty)) {
      await goTo(page, path);
      await page.getByRole('heading', { name: title }).waitFor();
      await passes(page);
    }
    watched.assertQuiet();
  });

  test('while answers are on their way there are grey shapes under a heading', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/');
    await settled(page);
    const arrived = Promise.withResolvers<void>();
    await page.route('**/v1/**', async (route) => {
      await arrived.promise;
      await route.continue().catch(() => undefined); // its page was left
    });
    for (const path of ['/batches', '/hosts', '/presets/web', '/batches/x', '/batches/x/images/y']) {
      await page.evaluate((to) => {
        history.pushState(null, '', to);
        dispatchEvent(new PopStateEvent('popstate'));
      }, path);
      await page.locator('.skel').first().waitFor();
      await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
      await passes(page);
    }
    await page.reload({ waitUntil: 'commit' }); // not even the session is known
    await page.locator('.skel').first().waitFor();
    await passes(page);
    arrived.resolve();
    watched.assertQuiet();
  });

  test('an error of the server is a sentence and Try again, which works', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    const client = new Client(stage.settings['DATABASE_URL']);
    await client.connect();
    try {
      await client.query('alter table presets rename to presets_away');
      await page.goto('/presets');
      const again = page.getByRole('button', { name: 'Try again' });
      await again.waitFor();
      await passes(page);
      await client.query('alter table presets_away rename to presets');
      await again.click();
      await page.getByRole('heading', { name: 'Built in' }).waitFor();
    } finally {
      await client.end();
    }
    watched.assertQuiet(/status of 5\d\d/);
  });

  test('a part of the page that cannot be loaded says so, and is loaded on another try', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/');
    await settled(page);
    await page.route('**/assets/presets-page*.js', (route) => route.abort());
    await goTo(page, '/presets');
    await page.getByText('This part of the page cannot be loaded now.').waitFor();
    await passes(page);
    await page.unroute('**/assets/presets-page*.js');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Built in' }).waitFor();
    watched.assertQuiet(/ERR_FAILED/);
  });

  test('a batch without a failure says so in green, and a notice passes too', async () => {
    const origin = stage.origin.url;
    const csv = `SKU,Title,Photo URL 1\nA-1,Bowl,${origin}/p/1.jpg`;
    const { id } = await finishedBatch(stage, csv);
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto(`/batches/${id}/failures`);
    await page.getByText('The image is done.').waitFor();
    await page.locator('.frames.ok').waitFor();
    await passes(page);
    await goTo(page, `/batches/${id}?show=failed`);
    await page.getByRole('heading', { name: 'Nothing failed' }).waitFor();
    await passes(page);
    await page.keyboard.press('f');
    await page.getByText('Nothing has failed so far').waitFor();
    await passes(page);
    watched.assertQuiet();
  });

  test('offline: the bar says so, buttons that write wait, and the place and the focus stay', async () => {
    const { id } = await finishedBatch(stage, catalogue(stage.origin.url, { products: 12, from: 5_000 }));
    await using watched = await openPage(stage.url);
    const { page, context } = watched;
    await page.goto(`/batches/${id}/failures`);
    const button = page.getByRole('button', { name: /^Try \d+ again : Nothing at this address/ });
    await button.focus();
    await page.evaluate(() => scrollTo(0, 300));
    const place = (): Promise<number> => page.evaluate(() => scrollY);
    await context.setOffline(true);
    await button.press('Enter');
    await page.getByText('The server does not answer. You see', { exact: false }).waitFor();
    await page.getByText('Offline', { exact: true }).waitFor();
    assert.equal(await button.getAttribute('aria-disabled'), 'true');
    assert.equal(await button.getAttribute('title'), 'The server does not answer');
    assert.deepEqual(await shifts(page), []);
    await passes(page);
    const before = await place();
    assert.ok(before > 0);

    const asked: string[] = [];
    page.on('request', (request) => request.url().includes('/v1/') && asked.push(request.url()));
    const answer = page.waitForResponse(`**/v1/batches/${id}`);
    await context.setOffline(false);
    const headers = await (await answer).request().allHeaders();
    assert.match(headers['if-none-match'] ?? '', /"/);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.waitForFunction(() => !document.querySelector('button[aria-disabled]'));
    assert.deepEqual(asked.toSorted(), [...new Set(asked)].toSorted());
    assert.equal(await button.evaluate((element) => element === document.activeElement), true);
    assert.equal(await place(), before);
    watched.assertQuiet(/ERR_INTERNET_DISCONNECTED/);
  });
});
