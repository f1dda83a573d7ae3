/** Keys: made, used, revoked; what is used of which limit; who did what. An admin sees all of it, others their limits. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { newApiKey } from '../../src/access/api-key.ts';
import { bearer } from '../support/api.ts';
import { json } from '../support/minilab.ts';
import { until } from '../support/until.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage, shifts } from './page.ts';
import { openStage, type Stage } from './stage.ts';

const ADMIN = newApiKey();
const REFUSED = /status of 401/;

type Key = { name: string; last_used_at: string | null };

describe('keys', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  before(async () => void (stage = await openStage({ MINILAB_KEY: ADMIN })));
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  const ask = (path: string, key = ADMIN, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('authorization', bearer(key).authorization);
    return fetch(`${stage.url}${path}`, { ...init, headers });
  };

  async function signIn(page: Page, key: string, to: string): Promise<void> {
    await page.goto(`/sign-in?to=${to}`);
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.keyboard.press('Enter');
    await page.waitForURL(({ pathname }) => pathname === to);
  }

  async function makeKey(page: Page, name: string, may: string): Promise<string> {
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('May').selectOption(may);
    await page.getByLabel('Expires').selectOption('in 30 days');
    await page.getByRole('button', { name: 'Make the key' }).click();
    const key = await page.locator('.note.ok .mono').innerText();
    await page.getByRole('button', { name: 'Done' }).click();
    return key;
  }

  test('one is made with a scope and an end, is used, and is revoked; the log tells it', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await signIn(page, ADMIN, '/keys');
    const key = await makeKey(page, 'Shop team', 'look');
    const row = page.getByRole('row', { name: 'Shop team' });
    await row.getByText('In use').waitFor();
    assert.equal(
      await row.getByRole('cell', { name: 'never', exact: true }).count(),
      1,
      'not used yet; it expires',
    );
    assert.equal((await ask('/v1/session', key)).status, 200);
    assert.equal((await ask('/v1/batches/x/cancel', key, { method: 'POST' })).status, 403);
    await until(async () => {
      const { items } = await json<{ items: Key[] }>(ask('/v1/keys'));
      return items.some(({ name, last_used_at }) => name === 'Shop team' && last_used_at !== null);
    }, 30_000);
    await page.reload();
    await row.locator('time').nth(1).waitFor();
    await row.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await row.getByText('Revoked').waitFor();
    await until(async () => (await ask('/v1/session', key)).status === 401, 30_000);

    await page.getByRole('link', { name: 'Log' }).click();
    await page.getByRole('row', { name: /Shop team Refused cancelled a batch/ }).waitFor();
    await page.getByRole('combobox', { name: 'Every action' }).selectOption('revoked a key');
    await page.waitForURL(/action=key.revoke/);
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    await page.getByRole('cell', { name: /^revoked a key key_/ }).waitFor();
    await page.getByRole('combobox', { name: 'Any time' }).selectOption('Today');
    await page.getByLabel('Id or name').fill('nothing');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing like that was done').waitFor();
    assert.deepEqual(await shifts(page), []);
    watched.assertQuiet(REFUSED);
  });

  test('the log has older pages', async () => {
    const body = JSON.stringify({ renditions: [{ name: 'web' }] });
    const headers = { 'content-type': 'application/json' };
    for (let i = 0; i < 55; i += 1) await ask(`/v1/presets/p-${i}`, ADMIN, { method: 'PUT', headers, body });
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await signIn(page, ADMIN, '/keys/audit');
    await page.goto('/keys/audit?action=preset.put');
    await page.getByRole('link', { name: 'p-54' }).waitFor();
    await page.getByRole('button', { name: 'Older' }).click();
    await page.getByRole('link', { name: 'p-0', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Newer' }).click();
    await page.getByRole('link', { name: 'p-54' }).click();
    await page.getByRole('heading', { name: 'p-54' }).waitFor();
    watched.assertQuiet(REFUSED);
  });

  test('what is used, for an admin and for a key that may only look', async () => {
    const form = new FormData();
    form.append(
      'file',
      new Blob([`Image\n${stage.origin.url}/p/1.jpg\n${stage.origin.url}/p/2.jpg\n`]),
      'a.csv',
    );
    assert.equal((await ask('/v1/batches', ADMIN, { method: 'POST', body: form })).status, 202);
    await using admin = await openPage(stage.url);
    await signIn(admin.page, ADMIN, '/keys');
    await admin.page.getByRole('link', { name: 'Use and limits' }).click();
    await admin.page.getByText('2 images in 1 batch').waitFor();
    await admin.page.getByRole('row', { name: 'Images today 2 no limit' }).waitFor();
    await admin.page.getByRole('link', { name: 'Keys' }).last().click();
    const key = await makeKey(admin.page, 'A reader', 'look');
    admin.assertQuiet(REFUSED);

    await using reader = await openPage(stage.url);
    await signIn(reader.page, key, '/keys');
    await reader.page.getByText('Keys and the log are for admins').waitFor();
    await reader.page.getByRole('row', { name: 'Images today 2 no limit' }).waitFor();
    await reader.page.getByRole('link', { name: /A reader$/ }).click();
    await reader.page.getByRole('heading', { name: 'Signed in' }).waitFor();
    await reader.page.getByRole('row', { name: 'Images today 2 no limit' }).waitFor();
    reader.assertQuiet(REFUSED);
  });
});
