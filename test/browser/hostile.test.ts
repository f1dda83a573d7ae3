/** A hostile file on its whole way: its texts are shown as texts, nothing is made of them, and nobody is asked for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { freePort, json, untilEnded, type Batch } from '../support/minilab.ts';
import { until } from '../support/until.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage } from './page.ts';
import { openStage, SECRET, type Stage } from './stage.ts';

const MARKUP = '<img src=http://127.0.0.1:9/x onerror=alert(1)><script>alert(2)</script>';
const FORMULA = `=cmd|' /C calc'!A0`;
const TURNED = '\u202egnp.exe\u2066';
const SEEN = '⟨202E⟩gnp.exe⟨2066⟩';
const FILE = `<u>${TURNED}.csv`;

/** What a text of a user must not become: an element, a link to a script, a character that turns the line around. */
function madeOfText(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const turning = /[\u202a-\u202e\u2066-\u2069\u200f]/;
    const found = [
      ...document.querySelectorAll('main script, main u, main iframe, [onerror], a[href^="javascript:" i]'),
    ].map((element) => element.outerHTML);
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (turning.test(node.nodeValue ?? '')) found.push(`text: ${node.nodeValue}`);
      for (const { name, value } of (node as Partial<Element>).attributes ?? [])
        if (turning.test(value)) found.push(`${name}="${value}"`);
    }
    if (turning.test(document.title)) found.push(`title: ${document.title}`);
    return found;
  });
}

/** A server that sends itself the webhook of each batch, so that the inbox has hostile messages too. */
async function openOwnReceiver(): Promise<Stage> {
  const port = String(await freePort());
  const WEBHOOK_URL = `http://127.0.0.1:${port}/v1/webhooks/inbox/demo`;
  const INBOX_SECRETS = `demo=${SECRET}`;
  return openStage({ PORT: port, WEBHOOK_URL, WEBHOOK_SECRET: SECRET, INBOX_SECRETS });
}

test(
  'hostile cells and names are text from the check to the webhooks',
  { skip: NO_BROWSER ?? false },
  async () => {
    await using stage = await openOwnReceiver();
    const shop = stage.origin.url;
    const rows = [
      `SKU,Title,Image,"${MARKUP}","${TURNED}"`,
      `"${FORMULA}","${MARKUP}",${shop}/p/1.jpg?<b>${TURNED},x,y`,
      `"${TURNED}","javascript:alert(3)",${shop}/gone/<b>${TURNED}.jpg,x,y`,
      `A-3,"${FORMULA}",javascript:alert(4)${TURNED},"${MARKUP}",y`,
    ];
    await using watched = await openPage(stage.url);
    const { page } = watched;
    page.on('dialog', () => assert.fail('a script of a cell ran'));
    const found: string[] = [];
    async function look(where: string): Promise<void> {
      await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
      found.push(...(await madeOfText(page)).map((what) => `${where}: ${what}`));
    }

    await page.goto('/');
    await page
      .getByLabel('Choose a file')
      .setInputFiles({ name: FILE, mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
    await page.getByRole('cell', { name: MARKUP }).first().waitFor();
    await page.getByText('1 of 3 rows cannot be used.').waitFor();
    assert.ok((await page.locator('.cells').innerText()).includes(SEEN));
    await page.getByRole('button', { name: 'Make 2 images, without that row' }).waitFor();
    await look('check');
    await page.getByRole('button', { name: 'Try 20 links' }).click();
    await page.getByText('links were tried', { exact: false }).waitFor();
    await look('check, links tried');
    await page.getByRole('button', { name: 'Make 2 images' }).click();

    await page.waitForURL(/\/batches\/bat_/);
    const address = new URL(page.url()).pathname;
    const batch = await untilEnded(`${stage.url}/v1${address}`);
    const { items: images } = await json<{ items: { id: string }[] }>(fetch(batch.links.images));
    await until(
      async () =>
        (await json<Batch & { webhook: { state: string } }>(fetch(batch.links.self))).webhook.state ===
        'delivered',
      30_000,
    );
    await page.locator('.frame.failed').first().waitFor();
    assert.ok((await page.getByRole('heading', { level: 1 }).innerText()).includes(`<u>${SEEN}`));
    await look('contact sheet');
    for (const where of [
      `${address}/failures`,
      `${address}/results`,
      `${address}/webhook`,
      ...images.map(({ id }) => `${address}/images/${id}`),
      '/batches',
      '/webhooks',
      '/webhooks/inbox',
      '/hosts',
      '/',
    ]) {
      await page.goto(where);
      await page.locator('main h1').first().waitFor({ state: 'attached' });
      await page
        .locator('main')
        .getByText(/gnp\.exe|127\.0\.0\.1/)
        .first()
        .waitFor();
      await look(where);
    }
    assert.deepEqual(found, []);
    watched.assertQuiet(/status of 404/);
    await closeBrowser();
  },
);
