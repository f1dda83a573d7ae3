/** Every form and question: reached, closed by Escape with the focus back where it was, and passing axe. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { newApiKey } from '../../src/access/api-key.ts';
import { TWO_LOOKS, violationsIn } from './axe.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { goTo, openPage, PHONE, sideways } from './page.ts';
import { callAs, catalogue, openStage, type Stage } from './stage.ts';

/** The browser says in its console that it was refused; the page says it in words. */
const REFUSED = /status of 40[019]|status of 42\d/;

describe('dialogs', { skip: NO_BROWSER ?? false }, () => {
  const key = newApiKey();
  let stage: Stage;
  before(async () => void (stage = await openStage({ MINILAB_KEY: key })));
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  async function signIn(page: Page, to: string): Promise<void> {
    await page.goto(`/sign-in?to=${encodeURIComponent(to)}`);
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`**${to}`);
  }

  async function passes(page: Page): Promise<void> {
    assert.deepEqual(await violationsIn(TWO_LOOKS, page), []);
    assert.equal(await sideways(page), 0);
  }

  /** Opens a dialog by keyboard, checks it, and closes it: the focus goes back to what opened it. */
  async function opens(page: Page, opener: Locator, title: string): Promise<void> {
    await opener.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: title }).waitFor();
    await passes(page);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await opener.evaluate((element) => element === document.activeElement), true);
  }

  test('a key leads to where one wanted to go; a typo is told before it is sent; sign-out forgets', async () => {
    await using watched = await openPage(stage.url);
    const { page, context } = watched;
    await page.goto('/hosts?state=slow');
    await page.waitForURL(/\/sign-in\?to=/);
    const sent: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
    const field = page.getByLabel('Key', { exact: true });
    await field.fill('ml_short');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('That is not a key', { exact: false }).waitFor();
    assert.deepEqual(sent, []);
    await field.fill(key);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/hosts\?state=slow$/);
    await page.getByRole('heading', { name: 'Hosts', exact: true }).waitFor();
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict']);

    await page.goto('/keys');
    await page.getByText('set by MINILAB_KEY').waitFor();
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name').fill('Office');
    await page.getByRole('button', { name: 'Make the key' }).click();
    assert.match(await page.locator('.note.ok .mono').innerText(), /^ml_\w+/);

    await page.goto('/sign-in');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    await page.goto('/batches');
    await page.waitForURL(/\/sign-in\?to=%2Fbatches$/);
    watched.assertQuiet(REFUSED);
  });

  test('signing in, and what is wrong with a key', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/keys');
    await page.waitForURL(/\/sign-in\?to=%2Fkeys/);
    await page.getByLabel('Key', { exact: true }).fill('ml_short');
    await page.keyboard.press('Enter');
    await page.getByText('That is not a key', { exact: false }).waitFor();
    await passes(page);
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/keys$/);
    await goTo(page, '/sign-in');
    await page.getByRole('heading', { name: 'Signed in' }).waitFor();
    await passes(page);
    await page.setViewportSize(PHONE); // its bar has no place for the keys
    await page.getByRole('main').getByRole('link', { name: 'Keys' }).click();
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    await page.getByRole('link', { name: /^Signed in: / }).click();
    await page.waitForURL(/\/sign-in$/);
    watched.assertQuiet(REFUSED);
  });

  test('keys: a new one, shown once, and revoked', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await signIn(page, '/keys');
    const make = page.getByRole('button', { name: 'New key' });
    await opens(page, make, 'New key');
    await make.click();
    await page.getByLabel('Name').fill('Shop team');
    await page.getByRole('button', { name: 'Make the key' }).click();
    await page.getByText('copy it now, it is never shown again', { exact: false }).waitFor();
    await passes(page);
    await opens(page, page.getByRole('button', { name: 'Revoke Shop team' }), 'Revoke this key?');
    watched.assertQuiet(REFUSED);
  });

  test('webhooks: an endpoint, its secret shown once, its change', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await signIn(page, '/webhooks');
    const add = page.getByRole('button', { name: 'Add an endpoint' }).first();
    await opens(page, add, 'Add an endpoint');
    await add.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill('nonsense:');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await passes(page);
    await dialog.getByLabel('Address').fill(`${stage.origin.url}/hook`);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('copy it now, it is never shown again', { exact: false }).waitFor();
    await passes(page);
    await opens(page, page.getByRole('button', { name: /^Edit/ }), 'Edit the endpoint');
    watched.assertQuiet(REFUSED);
  });

  test('a batch: to cancel it, and to delete it; a host; a preset', async () => {
    const { url } = stage.origin;
    const form = new FormData();
    const csv = `${catalogue(url, { products: 2 })}\nX,"The last",${url}/wait/1.jpg,,1`;
    form.set('file', new Blob([csv]), 'stuck.csv');
    const { id } = await callAs(stage, key)<{ id: string }>('/v1/batches', form);
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await signIn(page, `/batches/${id}`);
    await opens(page, page.getByRole('button', { name: 'Cancel', exact: true }), 'Cancel this batch?');
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel the batch' }).click();
    const remove = page.getByRole('button', { name: 'Delete', exact: true });
    await remove.waitFor();
    await passes(page);
    await opens(page, remove, 'Delete this batch?');

    await goTo(page, '/hosts');
    const set = page.getByRole('button', { name: /^Set/ }).first();
    await opens(page, set, new URL(url).host);
    await set.click();
    await page.getByRole('button', { name: 'Set some' }).click();
    await page.getByLabel('Secret headers').fill('no colon');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('it has no colon', { exact: false }).waitFor();
    await passes(page);
    await page.keyboard.press('Escape');

    await goTo(page, '/presets/new');
    await page.getByLabel('Name').first().fill('Not A Name');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('A name begins with a small letter').waitFor();
    await passes(page);
    watched.assertQuiet(REFUSED);
  });

  test('the check of a file with problems, and the list of keys', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await signIn(page, '/');
    const csv = `SKU,Title,Photo URL 1\nA,Bowl,see e-mail\nB,Cup,${stage.origin.url}/p/1.jpg`;
    const file = { name: 'shop.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) };
    await page.getByLabel('Choose a file').setInputFiles(file);
    await page.getByText('1 of 2 rows cannot be used.').waitFor();
    await page.getByText('Webhook and more').click();
    await passes(page);
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await passes(page);
    watched.assertQuiet(REFUSED);
  });
});
