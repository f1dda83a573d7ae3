/** Every page of a server in use: no violation of axe, no sideways scrolling, no error, nothing that jumps. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { after, before, describe, test } from 'node:test';
import { NO_BROWSER, closeBrowser } from '../../browser/browser.ts';
import { FOUR_LOOKS, violations, violationsIn } from '../../browser/axe.ts';
import { goTo, openPage, PHONE, settled, shifts, sideways, WIDE } from '../../browser/page.ts';
import type { Stage } from '../../browser/stage.ts';
import { openUsedStage } from '../../browser/all-pages.ts';

/** Longer than the page waits before it shows grey shapes. */
const LATE_MS = 200;
const TABS = 4;

describe('pages of a server in use', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  let pages: Record<string, string>;
  before(async () => void ({ stage, pages } = await openUsedStage()));
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  test('pass axe, wide and on a phone, light and dark, and have one heading', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/');
    const found: string[] = [];
    for (const [what, path] of Object.entries(pages)) {
      await goTo(page, path);
      found.push(...(await violationsIn(FOUR_LOOKS, page)).map((line) => `${what}, ${line}`));
      const headings = await page.locator('h1').count();
      if (headings !== 1) found.push(`${what} has ${headings} first headings`);
    }
    assert.deepEqual(found, []);
    watched.assertQuiet();
  });

  for (const [name, viewport] of Object.entries({ wide: WIDE, 'on a phone': PHONE }))
    test(`${name}, stay in place and within the window when every answer comes late`, async () => {
      const found: string[] = [];
      const rest = Object.entries(pages);
      async function visitRest(): Promise<void> {
        await using watched = await openPage(stage.url, { viewport });
        const { page } = watched;
        const held = await holdAnswers(page);
        for (let next = rest.pop(); next; next = rest.pop()) {
          const [what, path] = next;
          await page.goto(path);
          await settled(page);
          while (held.size > 0) await Promise.all(held);
          await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
          const over = await sideways(page);
          if (over > 0) found.push(`${what} can be scrolled sideways by ${over} px`);
          found.push(...(await shifts(page)).map((line) => `${what} shifts by ${line}`));
        }
        watched.assertQuiet();
      }
      await Promise.all(Array.from({ length: TABS }, visitRest));
      assert.deepEqual(found, []);
    });

  test('a batch that is not there', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/batches/bat_01h455vb4pex5vsknk084sn02q');
    await page.getByText('This batch is not there.').waitFor();
    assert.deepEqual(await violations(page), []);
    watched.assertQuiet(/status of 404/);
  });
});

/** Holds every answer of the API for a while, and who one is for longest. @returns those that are held now */
async function holdAnswers(page: Page): Promise<Set<Promise<void>>> {
  const held = new Set<Promise<void>>();
  await page.route(/\/v1\/(?!.*\/events\b)/, async (route) => {
    const isSession = route.request().url().endsWith('/v1/session');
    const answered = sleep(isSession ? 3 * LATE_MS : LATE_MS)
      .then(async () => route.fulfill({ response: await route.fetch() }))
      .catch(() => undefined) // the page has been left meanwhile
      .finally(() => held.delete(answered));
    held.add(answered);
    await answered;
  });
  return held;
}
