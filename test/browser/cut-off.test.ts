/** A connection that is cut while a file goes up, and while the answer comes back: nothing is lost, nothing is made twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { json } from '../support/minilab.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage } from './page.ts';
import { openStage } from './stage.ts';

/** Three rows with more bytes than are sent at first. */
const PADDING = Array.from({ length: 10 }, () => 'x'.repeat(20_000)).join(',');

test(
  'an upload that is cut off is sent again, and the batch is made once',
  { skip: NO_BROWSER ?? false },
  async () => {
    await using proxy = await startCuttingProxy();
    await using stage = await openStage({ PUBLIC_URL: proxy.url });
    proxy.leadTo(stage.url);
    const row = (i: number): string => `A-${i},Bowl ${i},${stage.origin.url}/p/${i}.jpg,${PADDING}`;
    const csv = ['Article,Title,Photo,a,b,c,d,e,f,g,h,i,j', ...[1, 2, 3].map(row)].join('\n');
    await using watched = await openPage(proxy.url);
    const { page } = watched;
    await page.goto('/');
    proxy.cut('POST /v1/uploads', 'request');
    await page
      .getByLabel('Choose a file')
      .setInputFiles({ name: 'bowls.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await page.getByText('The file was not sent whole.').first().waitFor();
    assert.ok(proxy.cuts() > 0);
    await page.getByLabel('Article holds').selectOption('SKU');
    await page.getByText('you chose').waitFor();
    assert.match(page.url(), /\/check$/);
    assert.deepEqual((await json<{ items: unknown[] }>(fetch(`${stage.url}/v1/uploads`))).items, []);

    proxy.mend();
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('All 3 rows can be used.').waitFor();
    assert.equal(await page.getByLabel('Article holds').inputValue(), 'sku');

    proxy.cut('POST /v1/batches HTTP', 'answer');
    const make = page.getByRole('button', { name: 'Make 3 images' });
    await make.click();
    await page.getByText('No answer came.', { exact: false }).waitFor();
    assert.match(page.url(), /\/check\?upload=/);
    proxy.mend();
    await page.getByText('Live', { exact: true }).waitFor();
    await make.click();
    await page.waitForURL(/\/batches\/bat_/);
    await page.getByRole('heading', { name: 'bowls.csv' }).waitFor();
    const { items } = await json<{ items: unknown[] }>(fetch(`${stage.url}/v1/batches`));
    assert.equal(items.length, 1);
    watched.assertQuiet(/ERR_|Failed to load resource/);
    await closeBrowser();
  },
);
