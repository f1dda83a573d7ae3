/** The contact sheet of a batch at work, in one tab and in several. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { BrowserContext, Page, Request } from 'playwright-core';
import { shortReason } from '../../web/data/reasons.ts';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { type GatedOrigin, startGatedOrigin } from './gated-origin.ts';
import { openPage, shifts } from './page.ts';

const IMAGES = 16;

describe('a batch at work', { skip: NO_BROWSER ?? false }, () => {
  let folder: Folder;
  let origin: GatedOrigin;
  /** other hosts, so that their images do not wait for those of the first */
  let elsewhere: GatedOrigin;
  let nothing: Origin;
  let server: Running;
  let worker: Running | undefined;
  let settings: Record<string, string>;
  before(async () => {
    folder = await newFolder();
    origin = await startGatedOrigin();
    elsewhere = await startGatedOrigin();
    nothing = await startOrigin(() => undefined);
    settings = { DATABASE_URL: await migratedDatabase(), DATA_DIR: folder.path };
    server = await startMinilab('serve --no-worker', settings);
  });
  after(async () => {
    await closeBrowser();
    await origin?.[Symbol.asyncDispose]();
    await elsewhere?.[Symbol.asyncDispose]();
    await nothing?.[Symbol.asyncDispose]();
    await worker?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /** @param gone slots whose images are not there */
  async function newBatch(name: string, { from = origin, gone = [] as number[] } = {}): Promise<Batch> {
    const rows = Array.from({ length: IMAGES / 2 }, (_, i) => {
      const links = [2 * i + 1, 2 * i + 2].map(
        (slot) => `${gone.includes(slot) ? nothing.url : from.url}/${name}/${slot}`,
      );
      return `Bowl ${i + 1},${links.join(',')}`;
    });
    return json<Batch>(upload(server.url, ['Title,Photo 1,Photo 2', ...rows].join('\n'), { name }));
  }

  test('its sheet fills while one looks: nothing jumps, the title counts, and what matters is said', async () => {
    const { id } = await newBatch('filling', { gone: [5] });
    await using watched = await openPage(server.url);
    const { page } = watched;
    await noteAnnouncements(page);
    await page.goto(`/batches/${id}`);
    await inState(page, 'pending', IMAGES);
    await titled(page, '0% · filling');
    worker = await startMinilab('worker', settings);
    await said(page, 'The batch has started.');
    await page.locator('.frame.processing').first().waitFor();
    await said(page, 'A first image has failed.');
    await page.locator('.frame.failed', { hasText: shortReason('not_found') }).waitFor();
    const places = await placesOf(page);

    for (const share of [25, 50, 75]) {
      origin.release('filling', (share / 100) * IMAGES - 1);
      await titled(page, `${share}% · filling`);
      await said(page, `${share} % of the images are done.`);
    }
    origin.release('filling', Infinity);
    await said(page, 'The batch has ended: 15 images done, 1 failed.');
    await titled(page, 'filling');
    await page.locator('.frame.completed img').nth(14).waitFor();

    assert.deepEqual(await placesOf(page), places);
    assert.deepEqual(await shifts(page), []);
    assert.equal(
      (await announcements(page)).join(' '),
      [
        'The batch has started. A first image has failed. 25 % of the images are done.',
        '50 % of the images are done. 75 % of the images are done.',
        'The batch has ended: 15 images done, 1 failed.',
      ].join(' '),
    );
    watched.assertQuiet();
  });

  test('of several tabs one reads the events and tells the others; when it closes or hides, another goes on', async () => {
    worker ??= await startMinilab('worker', settings);
    const { id } = await newBatch('tabs');
    await using watched = await openPage(server.url);
    const { page: first, context } = watched;
    const streams = openStreams(context);
    await first.clock.install();
    await Promise.all([untilReading(context), first.goto(`/batches/${id}`)]);
    const second = await context.newPage();
    await second.goto(`/batches/${id}`);
    await inState(second, 'processing', 1, 'some');
    origin.release('tabs', 2);
    for (const page of [first, second]) await inState(page, 'completed', 2);
    assert.deepEqual(streams(), [first]);

    await Promise.all([untilReading(context), hide(first)]);
    assert.deepEqual(streams(), [second]);
    origin.release('tabs', 4);
    for (const page of [first, second]) await inState(page, 'completed', 4);

    await second.close();
    const third = await context.newPage();
    await Promise.all([untilReading(context), third.goto(`/batches/${id}`)]);
    await Promise.all([show(first), inState(first, 'completed', 4)]);
    assert.deepEqual(streams(), [third]);
    await Promise.all([untilReading(context), third.close()]);
    assert.deepEqual(streams(), [first]);
    origin.release('tabs', Infinity);
    await inState(first, 'completed', IMAGES);
    watched.assertQuiet();
  });

  test('a tab on another batch fills without a stream of its own', async () => {
    worker ??= await startMinilab('worker', settings);
    const [one, other] = [await newBatch('one'), await newBatch('other', { from: elsewhere })];
    await using watched = await openPage(server.url);
    const { page, context } = watched;
    const streams = openStreams(context);
    await Promise.all([untilReading(context), page.goto(`/batches/${one.id}`)]);
    const second = await context.newPage();
    await second.goto(`/batches/${other.id}`);
    elsewhere.release('other', 6);
    await inState(second, 'completed', 6);
    assert.deepEqual(streams(), [page]);
    origin.release('one', 2);
    await inState(page, 'completed', 2);
    watched.assertQuiet();
  });
});

/** Waits until so many frames are in a state. */
async function inState(
  page: Page,
  state: string,
  count: number,
  how: 'exactly' | 'some' = 'exactly',
): Promise<void> {
  await page.waitForFunction(
    ([state, count, how]) => {
      const found = document.querySelectorAll(`.frame.${state}`).length;
      return how === 'some' ? found >= count : found === count;
    },
    [state, count, how] as const,
  );
}

async function titled(page: Page, title: string | RegExp): Promise<void> {
  const pattern = title instanceof RegExp ? title.source : `^${title}( · |$)`;
  await page.waitForFunction((pattern) => new RegExp(pattern).test(document.title), pattern);
}

function placesOf(page: Page): Promise<number[][]> {
  return page.locator('.frame').evaluateAll((frames) =>
    frames.map((frame) => {
      const { x, y, width, height } = frame.getBoundingClientRect();
      return [x, y, width, height];
    }),
  );
}

/** Keeps what the live region of the page says. */
async function noteAnnouncements(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const noted: string[] = [];
    Object.assign(window, { noted });
    new MutationObserver(() => {
      const text = document.querySelector('.sr[aria-live=polite]')?.textContent ?? '';
      if (text !== '' && noted.at(-1) !== text) noted.push(text);
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
}
function announcements(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { noted: string[] }).noted);
}
async function said(page: Page, text: string): Promise<void> {
  await page.waitForFunction(
    (text) => (window as unknown as { noted: string[] }).noted.join(' ').includes(text),
    text,
  );
}

/** @returns the pages that read events now, each as often as it does */
function openStreams(context: BrowserContext): () => Page[] {
  const open = new Map<unknown, Page>();
  context.on('request', (request) => {
    if (/\/events(\?|$)/.test(request.url())) open.set(request, request.frame().page());
  });
  const end = (request: Request): boolean => open.delete(request);
  context.on('requestfinished', end).on('requestfailed', end);
  return () => [...open.values()].filter((page) => !page.isClosed());
}

function untilReading(context: BrowserContext): Promise<unknown> {
  return context.waitForEvent('response', (response) => /\/events(\?|$)/.test(response.url()));
}

/** As if one looked at another tab for half a minute: a browser without windows hides none. */
async function hide(page: Page): Promise<void> {
  await turn(page, 'hidden');
  await page.clock.fastForward(31_000);
}
async function show(page: Page): Promise<void> {
  await turn(page, 'visible');
}
async function turn(page: Page, state: DocumentVisibilityState): Promise<void> {
  await page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}
