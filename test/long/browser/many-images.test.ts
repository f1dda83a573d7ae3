/** A batch of 100,000 images on the contact sheet: quick to see, small in the browser, every place in reach. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { publicId } from '../../../src/ids.ts';
import { type Api, startApi } from '../../support/api.ts';
import { closeBrowser, NO_BROWSER } from '../../browser/browser.ts';
import { openPage, shifts } from '../../browser/page.ts';

const IMAGES = 100_000;
const EACH = 4;
const FIRST_VIEW_MS = 1_000;
const MOST_FRAMES = 120;
const MOST_MB = 300;
const FAILED_EVERY = 997;

/** Inserts a batch that has ended, as workers would have left it; its files were never made. */
async function insertBatch({ services }: Api): Promise<string> {
  const { db } = services.database;
  const id = crypto.randomUUID();
  const failed = Math.floor(IMAGES / FAILED_EVERY);
  const codes = JSON.stringify({ not_found: failed });
  await sql`
    insert into batches (tenant_id, batch_id, name, preset, recipes, table_format, file_bytes, file_sha256, products, images,
      state, completed, failed, errors_by_code, started_at, ended_at)
    values (1, ${id}, 'hundred-thousand.csv', 'web', '[]', '{"columns": {"images": 0}}', 1, '', ${IMAGES / EACH}, ${IMAGES},
      'completed_with_errors', ${IMAGES - failed}, ${failed}, ${codes}, now(), now())`.execute(db);
  await sql`
    insert into products (tenant_id, batch_id, row_number, line, name, sku, cells, first_slot, images)
    select 1, ${id}, n, n + 1, 'Product ' || n, 'SKU-' || n, '{}', (n - 1) * ${EACH}::integer + 1, ${EACH}
    from generate_series(1, ${IMAGES / EACH}::integer) n`.execute(db);
  await sql`
    insert into images (tenant_id, image_id, batch_id, slot, row_number, position, url, host, lead_slot, state, error_code, ended_at)
    select 1, gen_random_uuid(), ${id}, n, (n - 1) / ${EACH}::integer + 1, (n - 1) % ${EACH}::integer + 1, 'http://a/' || n, 'a', n,
      case when n % ${FAILED_EVERY}::integer = 0 then 'failed' else 'completed' end,
      case when n % ${FAILED_EVERY}::integer = 0 then 'not_found' end, now()
    from generate_series(1, ${IMAGES}::integer) n`.execute(db);
  return publicId('bat', id);
}

describe(`${IMAGES} images`, { skip: NO_BROWSER ?? false }, () => {
  let api: Api;
  let path: string;
  before(async () => {
    api = await startApi();
    path = `/batches/${await insertBatch(api)}`;
    await fetch(api.url); // it is built
  });
  after(async () => {
    await closeBrowser();
    await api?.[Symbol.asyncDispose]();
  });

  test('are seen within a second, scrolled through with few frames and little memory, and found', async (context) => {
    await using watched = await openPage(api.url);
    const { page } = watched;
    await page.goto('/batches');
    await page.getByRole('link', { name: 'hundred-thousand.csv' }).waitFor();
    const frames = (): Promise<number> => page.locator('.frame').count();
    const began = performance.now();
    await page.getByRole('link', { name: 'hundred-thousand.csv' }).click();
    await page.locator('.frame.failed, .frame.completed .reb b').first().waitFor();
    const firstViewMs = performance.now() - began;

    let most = await frames();
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    for (let share = 0; share <= 1; share += 0.05) {
      await page.evaluate((top) => scrollTo({ top, behavior: 'instant' }), share * height);
      await sleep(120);
      most = Math.max(most, await frames());
    }
    const last = page.locator(`[data-slot="${IMAGES}"]`);
    await last.waitFor();
    assert.match(await last.innerText(), /25000|Product 25000/);

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
