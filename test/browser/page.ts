/** A page in the browser that notes what must not happen: errors, refusals of the policy, requests to strangers. */
import assert from 'node:assert/strict';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { browser } from './browser.ts';

export type Watched = AsyncDisposable & {
  page: Page;
  context: BrowserContext;
  /** @throws AssertionError if anything was noted. @param allowed lines that a test provokes */
  assertQuiet(allowed?: RegExp): void;
};

export const WIDE = { width: 1360, height: 860 };
export const PHONE = { width: 390, height: 844 };

/** A new page of a new browser profile. @param url of the server: requests to other origins are noted */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await (
    await browser()
  ).newContext({ viewport: WIDE, locale: 'en-GB', baseURL: url, ...options });
  const noted: string[] = [];
  await context.addInitScript(watchLayout);
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) noted.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => noted.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    const isOurs = request.url().startsWith(url) || /^(blob|data):/.test(request.url());
    if (!isOurs) noted.push(`request to ${request.url()}`);
  });
  return {
    page,
    context,
    assertQuiet(allowed = /^$/) {
      assert.deepEqual(
        noted.filter((line) => !allowed.test(line)),
        [],
      );
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

declare global {
  interface Window {
    layoutShift: number;
    shifted: string[];
  }
}

/** Adds up what moves without being asked to (web.dev: cumulative layout shift). */
function watchLayout(): void {
  type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node?: Node }[] };
  window.layoutShift = 0;
  window.shifted = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Shift[]) {
      if (entry.hadRecentInput) continue;
      window.layoutShift += entry.value;
      const what = entry.sources.map(({ node }) =>
        node instanceof Element ? node.className : node?.textContent,
      );
      window.shifted.push(`${entry.value.toFixed(4)}: ${what.join(', ')}`);
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

const LARGEST_SHIFT = 0.01;

/** What has moved by itself, if it was more than may be. */
export function shifts(page: Page): Promise<string[]> {
  return page.evaluate((largest) => (window.layoutShift < largest ? [] : window.shifted), LARGEST_SHIFT);
}

/** How far the page could be scrolled sideways, in pixels. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return Math.max(0, scrollWidth - clientWidth);
  });
}

/** Waits until nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor({ state: 'attached' });
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
}

/** Goes to another address as a link of the page does, without loading the document again. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await settled(page);
}
