/** Pictures that occur more than once: what they are told to be, and the marks that somebody gives them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { parse } from 'csv-parse/sync';
import { cutOut } from '../support/cut-outs.ts';
import { type Batch, json } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { FOUR_LOOKS, violations, violationsIn } from './axe.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, PHONE, shifts, sideways } from './page.ts';
import { finishedBatch, openStage, type Stage } from './stage.ts';

const NAMES = ['Cup', 'Lamp', 'Chair', 'Vase', 'Clock', 'Rug'];

describe('the same pictures of a batch', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  let origin: Origin;
  let batch: Batch;
  before(async () => {
    stage = await openStage();
    const drawn = async (number: number): Promise<[string, Buffer]> => [
      `/${number}.png`,
      await cutOut(number),
    ];
    const pictures = new Map([
      ...(await Promise.all([1, 2, 3].map(drawn))),
      ['/coming-soon.png', await cutOut(9)],
    ]);
    origin = await startOrigin((path) => pictures.get(path.split('?')[0] ?? ''));
    const rows = NAMES.map((name, i) => `S-${i},${name},${origin.url}/coming-soon.png?${i},`);
    const twice = `S-7,Mirror,${origin.url}/1.png?a,${origin.url}/1.png?b`;
    const shared = ['Spoon of wood', 'A very old kettle'].map(
      (name, i) => `S-${8 + i},${name},${origin.url}/2.png?${i},`,
    );
    batch = await finishedBatch(stage, ['SKU,Name,Image 1,Image 2', ...rows, twice, ...shared].join('\n'));
  });
  after(async () => {
    await closeBrowser();
    await origin?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  const groupOf = (page: Page, title: string): Locator => page.getByRole('region', { name: title });

  test('tells what each group means, shows its images, and marks a placeholder for all batches to come', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto(`/batches/${batch.id}`);
    await page.getByRole('link', { name: 'Same pictures' }).click();
    const sign = groupOf(page, 'Perhaps a sign for a missing picture: 6 images of 6 products');
    await sign.getByText('6 products with different names have it').waitFor();
    await sign.getByText('The same file every time, all from 127.0.0.1').waitFor();
    await sign.getByText('S-0, S-1, S-2, S-3, S-4 …').waitFor();
    await sign.locator('img').waitFor();
    await groupOf(page, 'Several products share it: 2 images of 2 products').waitFor();
    await groupOf(page, 'It stands several times in one product: 2 images of 1 product').waitFor();
    assert.deepEqual(await violationsIn(FOUR_LOOKS, page), []);
    await page.setViewportSize(PHONE);
    assert.equal(await sideways(page), 0);

    await page.getByRole('button', { name: /^Twice in a product/ }).click();
    await sign.waitFor({ state: 'detached' });
    assert.match(page.url(), /\/same-pictures\?kind=twice$/);
    const href = await page.getByRole('link', { name: 'same-pictures.csv' }).getAttribute('href');
    const lines = parse(await (await fetch(stage.url + href)).text(), { columns: true });
    assert.equal(lines.length, 2);
    await page.getByRole('link', { name: 'Show them' }).click();
    await page.getByText('Images that show the same picture.').waitFor();
    await page.getByRole('button', { name: /^7 Mirror.*image 2 of 2/ }).waitFor();
    assert.equal(await page.locator('.frame').count(), 2);
    await page.getByRole('link', { name: 'All same pictures' }).click();
    await page.getByLabel('On how many products').selectOption({ label: 'On 5 products or more' });
    await groupOf(page, 'Several products share it').waitFor({ state: 'detached' });

    await sign.getByRole('button', { name: 'Mark as placeholder' }).click();
    const question = page.getByRole('dialog', { name: 'Mark this picture as a placeholder?' });
    await question.getByText('What this batch has made stays.').waitFor();
    assert.deepEqual(await violations(page), []);
    await question.getByLabel('Note').fill('Sign of supplier A');
    await page.keyboard.press('Enter');
    await question.waitFor({ state: 'detached' });
    const marked = groupOf(page, 'A sign for a missing picture: 6 images of 6 products');
    await marked.getByText('marked', { exact: true }).waitFor();
    const { items } = await json<{ items: { kind: string; note: string }[] }>(
      fetch(`${stage.url}/v1/pictures`),
    );
    assert.deepEqual(
      items.map(({ kind, note }) => [kind, note]),
      [['placeholder', 'Sign of supplier A']],
    );
    assert.deepEqual(await shifts(page), []);
    const next = await finishedBatch(stage, `Name,Image\nBowl,${origin.url}/coming-soon.png?next`);
    assert.deepEqual([next.state, next.counts.failed], ['failed', 1]);
    watched.assertQuiet();
  });

  test('the mark is among those of all batches, and goes by keyboard; an allowed picture is no placeholder', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto(`/batches/${batch.id}/same-pictures?kind=placeholder`);
    await page.getByText('1 marked picture, of all batches').focus();
    await page.keyboard.press('Enter');
    const remove = page.getByRole('button', { name: 'Remove the mark : Sign of supplier A' });
    await remove.focus();
    await page.keyboard.press('Enter');
    await page.getByText('The mark is gone').waitFor();
    const sign = groupOf(page, 'Perhaps a sign for a missing picture');
    await sign.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Allow' }).click();
    await sign.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^On several products/ }).click();
    await groupOf(page, 'Several products share it: 6 images of 6 products')
      .getByText('allowed', { exact: true })
      .waitFor();
    watched.assertQuiet();
  });

  test('a batch of different pictures has none, and says so', async () => {
    const different = await finishedBatch(stage, `Name,Image\nA,${origin.url}/1.png\nB,${origin.url}/3.png`);
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto(`/batches/${different.id}/same-pictures`);
    await page.getByText('No picture occurs twice').waitFor();
    assert.deepEqual(await violations(page), []);
    watched.assertQuiet();
  });
});
