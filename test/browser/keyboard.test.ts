/** Without a mouse: from a file to its results with Tab, Enter and Space alone. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, settled } from './page.ts';
import { openStage } from './stage.ts';

const MOST_TABS = 120;

/** What has the focus: its role or element, and the name by which it is said. */
async function focused(page: Page): Promise<string> {
  const snapshot = await page.locator(':focus').ariaSnapshot();
  return snapshot.split('\n')[0] ?? '';
}

/** Presses Tab until something with this name has the focus, which must be seen there. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < MOST_TABS; i += 1) {
    await page.keyboard.press('Tab');
    if ((await page.locator(':focus').count()) === 0) continue; // the browser's own bars
    const what = await focused(page);
    if (!name.test(what)) {
      passed.push(what);
      continue;
    }
    assert.ok(await isRinged(page), `${what} has the focus, and nothing shows it`);
    return;
  }
  assert.fail(`${name} cannot be reached; what can: ${passed.join(' | ')}`);
}

function isRinged(page: Page): Promise<boolean> {
  return page.locator(':focus').evaluate((element) => {
    const ringed = [element, element.closest('label, tr, .card')].filter((one) => one !== null);
    return ringed.some((one) => getComputedStyle(one).outlineStyle !== 'none');
  });
}

test('from upload to download with Tab, Enter and Space', { skip: NO_BROWSER ?? false }, async () => {
  await using stage = await openStage();
  await using watched = await openPage(stage.url);
  const { page } = watched;
  const { keyboard } = page;
  await page.goto('/');
  await settled(page);

  await tabTo(page, /Choose a file/);
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), keyboard.press('Space')]);
  const row = (i: number): string => `A-${i},Bowl ${i},${stage.origin.url}/p/${i}.jpg`;
  const csv = ['Article,Title,Photo', ...[1, 2, 3].map(row)].join('\n');
  await chooser.setFiles({ name: 'bowls.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await page.getByText('All 3 rows can be used.').waitFor();

  await tabTo(page, /Article holds/);
  await keyboard.press('S'); // the select's own way to an option
  await page.getByText('you chose').waitFor();
  await tabTo(page, /radio "web/);
  await tabTo(page, /button "Make 3 images"/);
  await page.getByText('From 3 products', { exact: false }).waitFor();
  await keyboard.press('Enter');
  await page.waitForURL(/\/batches\/bat_/);
  await page.getByText('Completed', { exact: true }).first().waitFor();

  await tabTo(page, /link "Results/);
  await keyboard.press('Enter');
  await page.waitForURL(/\/results$/);
  await tabTo(page, /link "Download output\.csv"/);
  const [download] = await Promise.all([page.waitForEvent('download'), keyboard.press('Enter')]);
  const output = await readFile(await download.path(), 'utf8');
  assert.equal(output.match(/\/files\/[^,\s"]+\.jpg/g)?.length, 3 * 2, output);
  watched.assertQuiet();
  await closeBrowser();
});
