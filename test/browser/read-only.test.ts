/** A key that may only look: each page is there, and no button that it may not use. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { newApiKey } from '../../src/access/api-key.ts';
import type { Batch } from '../support/minilab.ts';
import { TWO_LOOKS, violations, violationsIn } from './axe.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { goTo, openPage } from './page.ts';
import { callAs, catalogue, openStage, type Stage } from './stage.ts';

type Images = { items: { id: string; state: string }[] };

/** What changes something on the server, by the first word of its button. */
const WRITES =
  /^(Try \d+ again|Cancel\b|Delete|Disable|Enable|Test|Edit|Add|Set|Send|New (key|preset)|Save|Remove|Revoke|Make \d|Another file|Mark|Allow)/;

describe('a key that may look', { skip: NO_BROWSER ?? false }, () => {
  const admin = newApiKey();
  let stage: Stage;
  let reader: string;
  let id: string;
  let images: Images['items'];
  before(async () => {
    stage = await openStage({ MINILAB_KEY: admin });
    const call = callAs(stage, admin);
    const made = await call<{ key: string }>('/v1/keys', { name: 'Reader', scope: 'read' });
    reader = made.key;
    await call('/v1/webhooks', { url: `${stage.origin.url}/hook` });
    const form = new FormData();
    form.set('file', new Blob([catalogue(stage.origin.url, { products: 6 })]), 'shop.csv');
    ({ id } = await call<{ id: string }>('/v1/batches', form));
    while ((await call<Batch>(`/v1/batches/${id}?wait=5`)).ended_at === null);
    ({ items: images } = await call<Images>(`/v1/batches/${id}/images`));
  });
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  test('sees every page without the buttons that it may not use, and a check that says why', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    const refused: string[] = [];
    page.on('response', (answer) => answer.status() === 403 && refused.push(answer.url()));
    await page.goto('/batches');
    await page.getByLabel('Key', { exact: true }).fill(reader);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/batches');
    await page.getByRole('link', { name: 'Signed in: Reader' }).waitFor();
    const batch = `/batches/${id}`;
    const imageIn = (state: string): string => images.find((image) => image.state === state)?.id ?? '';
    const paths = [
      '/batches',
      batch,
      `${batch}/failures`,
      `${batch}/check`,
      `${batch}/same-pictures`,
      `${batch}/results`,
      `${batch}/webhook`,
      `${batch}/images/${imageIn('completed')}`,
      `${batch}/images/${imageIn('failed')}`,
      '/webhooks',
      '/webhooks/inbox',
      '/hosts',
      '/presets',
      '/presets/web',
      '/presets/new',
      '/keys',
      '/sign-in',
    ];
    const found: string[] = [];
    for (const path of paths) {
      await goTo(page, path);
      const buttons = await page.locator('main :is(button, a.btn)').allInnerTexts();
      found.push(...buttons.filter((text) => WRITES.test(text)).map((text) => `${path}: ${text}`));
      found.push(...(await violations(page)).map((line) => `${path}: ${line}`));
    }
    assert.deepEqual(found, []);

    await goTo(page, '/');
    const buffer = Buffer.from(catalogue(stage.origin.url, { products: 2 }));
    await page.getByLabel('Choose a file').setInputFiles({ name: 'shop.csv', mimeType: 'text/csv', buffer });
    const make = page.getByRole('button', { name: /^Make \d/ });
    await page.getByRole('status').getByText('This key may look, but not make batches.').waitFor();
    assert.equal(await make.getAttribute('aria-disabled'), 'true');
    assert.deepEqual(await violationsIn(TWO_LOOKS, page), []);
    assert.equal(await page.getByRole('button', { name: 'Send again' }).count(), 0);
    assert.deepEqual(refused, []);
    watched.assertQuiet(/status of 401/);
  });
});
