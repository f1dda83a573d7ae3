/** The page of a server with keys: it asks for one, goes where one wanted to go, and forgets it. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { newApiKey } from '../../src/access/api-key.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage } from './page.ts';
import { openStage } from './stage.ts';

/** The browser says in its console that it was refused; the page says it in words. */
const REFUSED = /status of 401/;

describe('sign-in', { skip: NO_BROWSER ?? false }, () => {
  after(closeBrowser);

  test('a key leads to where one wanted to go; a typo is told before it is sent; sign-out forgets', async () => {
    const key = newApiKey();
    await using stage = await openStage({ MINILAB_KEY: key });
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
    await page.getByLabel('Name').fill('Shop team');
    await page.getByRole('button', { name: 'Make the key' }).click();
    assert.match(await page.locator('.note.ok .mono').innerText(), /^ml_\w+/);

    await page.goto('/sign-in');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    await page.goto('/batches');
    await page.waitForURL(/\/sign-in\?to=%2Fbatches$/);
    watched.assertQuiet(REFUSED);
  });
});
