/** What people do on the page of hosts: pause one while a batch waits for it, let it go on, limit it, find it among many. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { type Batch, json, untilEnded, upload } from '../support/minilab.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, shifts } from './page.ts';
import { catalogue, finishedBatch, openStage, type Stage } from './stage.ts';

const SECRET_HEADER = 'Bearer of-the-supplier';

describe('hosts', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  let host: string;
  before(async () => {
    stage = await openStage({ SECRETS_KEY: Buffer.alloc(32, 7).toString('base64') });
    ({ host } = new URL(stage.origin.url));
    await finishedBatch(stage, catalogue(stage.origin.url, { products: 2 }));
  });
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  test('a host is limited and paused, a batch waits for it, and ends when it is resumed', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/hosts');
    await page.getByRole('button', { name: `Set… for ${host}` }).click();
    await page.getByLabel('Downloads at once, at most').fill('3');
    await page.getByLabel('Pause').selectOption('For an hour');
    await page.getByRole('button', { name: 'Set some' }).click();
    await page.getByLabel('Secret headers').fill(`Authorization: ${SECRET_HEADER}`);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('cell', { name: /^Until / }).waitFor();
    await page.getByRole('cell', { name: '0 of 3' }).waitFor();
    await page.getByText('sends 1 secret header: authorization').waitFor();
    assert.ok(!(await page.content()).includes(SECRET_HEADER));
    await page.getByRole('button', { name: /^Paused 1$/ }).click();
    await page.waitForURL(/state=held/);
    await page.getByRole('button', { name: /^No connection 0$/ }).click();
    await page.getByRole('heading', { name: 'No host like that' }).waitFor();

    const batch = await json<Batch>(
      upload(stage.url, catalogue(stage.origin.url, { products: 3, from: 500 })),
    );
    await page.goto(`/batches/${batch.id}`);
    await page.getByText(`${host} pauses`).waitFor();
    await page.getByRole('link', { name: 'Hosts of this batch' }).click();
    await page.waitForURL(`**/hosts?batch=${batch.id}`);
    await page.getByText('Only hosts that images of').waitFor();
    await page
      .getByRole('row', { name: new RegExp(host) })
      .getByRole('cell', { name: '6', exact: true })
      .waitFor();
    await page.getByRole('button', { name: `Resume ${host}` }).click();
    const ended = await untilEnded(batch.links.self);
    assert.equal(ended.counts.completed + ended.counts.failed, 6);
    await page.getByRole('link', { name: `${ended.counts.failed} failures of images of ${host}` }).waitFor();
    await page.getByRole('cell', { name: 'Fine', exact: true }).waitFor();
    assert.deepEqual(await shifts(page), []);
    watched.assertQuiet();
  });

  test('more than a thousand hosts come by pages, and are counted, searched and filtered by the server', async () => {
    const { db } = openDatabase(stage.settings['DATABASE_URL'] ?? '');
    await sql`
      insert into hosts (tenant_id, host, latency_ms)
      select 1, 'shop-' || lpad(i::text, 4, '0') || '.example', case when i % 600 = 0 then 6100 else 90 end
      from generate_series(1, 1200) i`.execute(db);
    await db.destroy();
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/hosts');
    await page.getByText('50 of 1,201').waitFor();
    assert.equal(await page.locator('tbody tr').count(), 50);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('button', { name: 'Set… for shop-0099.example' }).waitFor();
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('button', { name: `Set… for ${host}` }).waitFor();
    await page.getByRole('button', { name: /^Slow 2$/ }).click();
    await page.getByRole('button', { name: 'Set… for shop-1200.example' }).waitFor();
    await page.getByRole('cell', { name: '6.1 s', exact: true }).first().waitFor();
    await page.getByRole('button', { name: /^All/ }).click();
    await page.getByLabel('Search a host').fill('SHOP-119');
    await page.getByRole('button', { name: /^All 10$/ }).waitFor();
    await page.getByRole('button', { name: 'Set… for shop-1199.example' }).waitFor();
    assert.deepEqual(await shifts(page), []);
    watched.assertQuiet();
  });
});
