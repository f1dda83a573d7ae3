/** For whoever zooms, has a small window, uses a keyboard, a finger, colours of the system, another language, or no motion. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { closeBrowser, NO_BROWSER } from '../../browser/browser.ts';
import { openUsedStage } from '../../browser/all-pages.ts';
import { goTo, openPage, PHONE, settled, sideways, WIDE } from '../../browser/page.ts';
import { catalogue, type Stage, stuckBatch } from '../../browser/stage.ts';

describe('pages within reach', { skip: NO_BROWSER ?? false }, () => {
  let stage: Stage;
  let pages: Record<string, string>;
  before(async () => void ({ stage, pages } = await openUsedStage()));
  after(async () => {
    await closeBrowser();
    await stage?.[Symbol.asyncDispose]();
  });

  /** What `look` finds on each page, with the name of the page. */
  async function onEachPage(page: Page, look: () => Promise<string[]>): Promise<string[]> {
    const found: string[] = [];
    await page.goto('/');
    await settled(page);
    for (const [what, path] of Object.entries(pages)) {
      await goTo(page, path);
      found.push(...(await look()).map((line) => `${what}: ${line}`));
    }
    return found;
  }

  for (const [name, options] of Object.entries({
    '320 px': { viewport: { width: 320, height: 640 } },
    '200 % zoom': { viewport: { width: WIDE.width / 2, height: WIDE.height / 2 }, deviceScaleFactor: 2 },
  }))
    test(`${name}: nothing is scrolled sideways but what can be reached by keyboard, and nothing is cut off`, async () => {
      await using watched = await openPage(stage.url, options);
      const { page } = watched;
      const found = await onEachPage(page, async () => [
        ...((await sideways(page)) > 0 ? ['the page is scrolled sideways'] : []),
        ...(await outOfReach(page)),
      ]);
      assert.deepEqual(found, []);
      watched.assertQuiet();
    });

  for (const [name, viewport, least] of [
    ['with a mouse', WIDE, 24],
    ['on a phone', PHONE, 40],
  ] as const)
    test(`${name}, each target has at least ${least} px`, async () => {
      await using watched = await openPage(stage.url, { viewport });
      const found = await onEachPage(watched.page, () => smallTargets(watched.page, least));
      assert.deepEqual(found, []);
      watched.assertQuiet();
    });

  test('by keyboard each stop has a ring, the skip link leads to the content, a new page takes the focus', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/hosts');
    await settled(page);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
    for (const path of ['/hosts', '/presets/web', pages['failures'] ?? '', pages['an image'] ?? '', '/']) {
      await goTo(page, path);
      await page.waitForFunction(() => document.activeElement?.id === 'main');
      assert.deepEqual(await stopsWithoutRing(page), [], path);
    }
    watched.assertQuiet();
  });

  test('letters do nothing in fields, and can be switched off', async () => {
    await using watched = await openPage(stage.url);
    const { page } = watched;
    await page.goto('/batches');
    await settled(page);
    await page.keyboard.press('/');
    await page.keyboard.type('nbwht?1');
    assert.equal(await page.getByRole('searchbox').inputValue(), 'nbwht?1');
    await page.waitForURL(/\/batches\?name=nbwht/);
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('?');
    await page.getByRole('checkbox', { name: /work as shortcuts/ }).uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('h');
    await page.keyboard.press('?');
    assert.equal(new URL(page.url()).pathname, '/batches');
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
    await page.getByRole('checkbox', { name: /work as shortcuts/ }).check();
    await page.keyboard.press('Escape');
    await page.keyboard.press('h');
    await page.waitForURL('**/hosts');
    watched.assertQuiet();
  });

  test('in colours of the system, bars, frames, states and what is chosen can be seen', async () => {
    await using watched = await openPage(stage.url, { forcedColors: 'active' });
    const { page } = watched;
    await page.goto(pages['running sheet'] ?? '');
    await settled(page);
    await page.locator('.frame.processing, .frame.pending').first().waitFor();
    const style = (selector: string, name: string): Promise<string> =>
      page
        .locator(selector)
        .first()
        .evaluate((element, property) => getComputedStyle(element).getPropertyValue(property), name);
    const ground = await style('body', 'background-color');
    for (const selector of ['.bar > span', '.state i', '.stat dt i', '.live i', '.chip[aria-pressed=true]'])
      assert.notEqual(await style(selector, 'background-color'), ground, selector);
    for (const selector of ['.frame.failed .pic', '.frame.completed .pic', '.btn', '.chip', 'input'])
      assert.notEqual(await style(selector, 'border-top-width'), '0px', selector);
    assert.notEqual(
      await style('.tabs a[aria-current]', 'border-bottom-color'),
      await style('.tabs a:not([aria-current])', 'border-bottom-color'),
    );
    await page.locator('.frame[tabindex="0"]').focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await style('.frame:focus .pic', 'outline-style'), 'solid');
    watched.assertQuiet();
  });

  test('with less motion nothing moves', async () => {
    await using watched = await openPage(stage.url, { reducedMotion: 'reduce' });
    const { page } = watched;
    const moving = (): Promise<string[]> =>
      page.evaluate(() => document.getAnimations().map(({ effect }) => JSON.stringify(effect?.getTiming())));
    assert.deepEqual(await onEachPage(page, moving), []);
    const running = await stuckBatch(stage, catalogue(stage.origin.url, { products: 2, from: 300 }));
    await page.goto(`/batches/${running.id}`);
    await page.locator('.frame.processing').first().waitFor();
    assert.deepEqual(await moving(), []);
    watched.assertQuiet();
  });

  for (const [locale, digits] of [
    ['de-DE', /^\d+\s%$/],
    ['ar-EG', /[٠-٩]/],
  ] as const)
    test(`numbers, times and bytes are written as in ${locale}`, async () => {
      await using watched = await openPage(stage.url, { locale, viewport: PHONE });
      const { page } = watched;
      const found = await onEachPage(page, async () => {
        const text = await page.locator('body').innerText();
        return /NaN|Invalid|undefined/.test(text) || (await sideways(page)) > 0 ? [text] : [];
      });
      assert.deepEqual(found, []);
      await goTo(page, '/batches');
      assert.match(await page.locator('.runcard .pc').first().innerText(), digits);
      watched.assertQuiet();
    });
});

/** Scrollers that keys do not reach, and what stands over the right edge outside of one. */
function outOfReach(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isScroller = (element: Element): boolean =>
      ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>('main *')) {
      if (!element.checkVisibility() || element.closest('.sr, .film, .strip')) continue;
      const name = `${element.tagName} ${element.className}`;
      const canScroll = isScroller(element) && element.scrollWidth > element.clientWidth + 1;
      if (canScroll && element.tabIndex < 0 && !element.querySelector('a[href], button, input'))
        found.push(`${name} is scrolled sideways, but not by keys`);
      const { right, width } = element.getBoundingClientRect();
      let around = element.parentElement;
      while (around && !isScroller(around)) around = around.parentElement;
      if (!around && width > 0 && right > innerWidth + 1) found.push(`${name} is cut off`);
    }
    return found;
  });
}

/** Targets below a size, but links within a text, and the strip, which is as tall as the window. */
function smallTargets(page: Page, least: number): Promise<string[]> {
  return page.evaluate((px) => {
    const found = new Set<string>();
    const all = document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary');
    for (const element of all) {
      const { width, height } = (element.closest('label') ?? element).getBoundingClientRect();
      if (!element.checkVisibility({ visibilityProperty: true }) || width === 0) continue;
      const text = element.parentElement?.innerText.trim();
      const isInText = getComputedStyle(element).display === 'inline' && text !== element.innerText.trim();
      if (isInText || Math.min(width, height) >= px - 0.5) continue;
      const name = element.getAttribute('aria-label') ?? element.innerText.slice(0, 30);
      found.add(`${element.tagName} "${name}" ${width.toFixed()} × ${height.toFixed()}`);
    }
    return [...found];
  }, least);
}

const MOST_STOPS = 40;

/** Goes through the page with Tab. A ring may be around what holds the field, such as a label, or the picture in a frame. */
async function stopsWithoutRing(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    const line = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return 'end';
      const near = [element, element.parentElement, ...element.querySelectorAll('*')].filter(
        (one) => one !== null,
      );
      const hasRing = [...near, document.querySelector('.compare .bar-x')]
        .flatMap((one) => (one ? [getComputedStyle(one), getComputedStyle(one, '::after')] : []))
        .some((style) => style.outlineStyle === 'solid' && Number.parseFloat(style.outlineWidth) >= 2);
      return hasRing ? undefined : `${element.tagName} ${element.className}`;
    });
    if (line === 'end') break;
    if (line !== undefined) found.push(line);
  }
  return found;
}
