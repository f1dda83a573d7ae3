/** What people do on the page of webhooks: an endpoint is added, fails, is repaired; a message arrives in the inbox. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { json } from '../support/minilab.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage } from './page.ts';
import { catalogue, finishedBatch, openStage, SECRET, type Stage } from './stage.ts';

describe('webhooks', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  let receiver: Receiver;
  let isRepaired = false;
  before(async () => {
    receiver = await startReceiver(() => (isRepaired ? 204 : 500));
    stage = await openStage({ INBOX_SECRETS: `demo=${SECRET}` });
  });
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
    await receiver?.[Symbol.asyncDispose]();
  });

  const shownSecret = (page: Page): Promise<string> => page.locator('.note.ok .mono').innerText();
  const detail = (page: Page) => page.getByRole('region', { name: 'One delivery' });
  const deliveries = (page: Page) => page.getByRole('region', { name: 'Deliveries' });

  async function sendTest(page: Page, path: string): Promise<void> {
    await page.getByRole('button', { name: `Test ${receiver.url}${path}` }).click();
    await page.getByText('A test is on its way').waitFor();
  }

  test('an endpoint is added, its failures are looked at, and sent again when it is repaired', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/webhooks');
    await page.getByRole('heading', { name: 'No endpoints yet' }).waitFor();
    await page.getByRole('heading', { name: 'Nothing was sent yet' }).waitFor();
    await page.getByRole('button', { name: 'Add an endpoint' }).click();
    await page.getByLabel('Address').fill(`${receiver.url}/shop`);
    await page.getByLabel('Description, for people').fill('Shop, production');
    await page.getByRole('button', { name: 'Save' }).click();
    assert.match(await shownSecret(page), /^whsec_/);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('cell', { name: 'nothing sent', exact: true }).waitFor();

    await sendTest(page, '/shop');
    await detail(page).getByText('Answered 500').first().waitFor();
    await detail(page).getByText('Next try at').waitFor();
    await detail(page).getByText('webhook-signature: v1,').waitFor();
    await page.getByRole('button', { name: /^Open 1/ }).click();
    await page.waitForURL(/show=pending/);
    await deliveries(page).getByText('failed after').waitFor({ state: 'attached' });

    isRepaired = true;
    await detail(page)
      .getByRole('button', { name: /^Send (now|again)$/ })
      .click();
    await page.getByText('Sent again, with the same id').waitFor();
    await page.getByRole('button', { name: /^Deliveries/ }).click();
    await detail(page).getByText('Answered 204').first().waitFor();
    await deliveries(page).getByText('delivered').first().waitFor({ state: 'attached' });
    await page.getByRole('cell', { name: '1 delivered', exact: true }).waitFor();
    assert.equal(new Set(receiver.received.map(({ id }) => id)).size, 1);
    watched.assertQuiet();
  });

  test('an endpoint is edited, disabled, enabled, gets a new secret, and is deleted after a question', async () => {
    isRepaired = true;
    await add('/edited');
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/webhooks');
    const edit = page.getByRole('button', { name: `Edit ${receiver.url}/edited` });
    await edit.click();
    await page.getByLabel('Description, for people').fill('Warehouse');
    await page.getByLabel('batch.failed').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('cell', { name: 'batch.failed', exact: true }).waitFor();
    await page.getByText('Warehouse').first().waitFor();

    await edit.click();
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByText('Disabled', { exact: true }).waitFor();
    await page.getByRole('button', { name: `Enable ${receiver.url}/edited` }).click();
    await page.getByText('It gets messages again').waitFor();

    await edit.click();
    await page.getByRole('button', { name: 'New secret' }).click();
    assert.match(await shownSecret(page), /^whsec_/);
    await page.getByText('two secrets until').first().waitFor();

    await edit.click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('This cannot be undone').waitFor();
    await page.getByRole('button', { name: 'Delete it for good' }).click();
    await edit.waitFor({ state: 'detached' });
    watched.assertQuiet();
  });

  test('all that failed is sent again at once; the messages of one batch are found from its page', async () => {
    isRepaired = false;
    await add('/replayed');
    const done = await finishedBatch(stage, catalogue(stage.origin.url, { products: 2 }));
    await receiver.until('/replayed', 1);
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto(`/batches/${done.id}/webhook`);
    await page.getByText('Answered 500').first().waitFor();
    await page.getByRole('link', { name: 'All messages of this batch' }).click();
    await page.waitForURL(`**/webhooks?batch=${done.id}`);
    await page.getByText('Only messages of').waitFor();
    const events = deliveries(page).getByRole('button', {
      name: done.state === 'failed' ? /failed/ : /completed/,
    });
    await events.first().waitFor();
    assert.equal(await events.count(), await deliveries(page).locator('tbody tr').count());

    isRepaired = true;
    await page.getByRole('link', { name: 'All messages' }).click();
    await page.getByRole('button', { name: 'Send all failed again' }).click();
    await page.getByText(/messages? (is|are) sent again/).waitFor();
    await page.getByRole('button', { name: /^Open 0/ }).waitFor();
    await page.locator('button[title="No message has failed"]').waitFor();
    watched.assertQuiet();
  });

  test('the inbox shows a message that was verified, with its body', async () => {
    const url = `${stage.url}/v1/webhooks/inbox/demo`;
    await add('', { url, secret: SECRET });
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/webhooks/inbox');
    await page.getByRole('heading', { name: 'The inbox is empty' }).waitFor();
    await page.getByRole('button', { name: `Test ${url}` }).click();
    await detail(page).getByText('Answered 200').waitFor();
    await page.getByRole('button', { name: /^Inbox/ }).click();
    const message = page.getByRole('region', { name: 'One message' });
    await message.getByText('Verified').waitFor();
    await message.getByText('"webhook.test"').waitFor();
    assert.doesNotMatch(await message.innerText(), /webhook-signature/);
    await page.getByRole('link', { name: 'How to check the signature' }).click();
    await page.getByRole('heading', { name: 'How to check the signature', level: 1 }).waitFor();
    await page.getByText('timingSafeEqual', { exact: false }).first().waitFor();
    watched.assertQuiet();
  });

  async function add(path: string, more: object = {}): Promise<void> {
    await json(
      fetch(`${stage.url}/v1/webhooks`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ url: receiver.url + path, ...more }),
      }),
    );
  }
});
