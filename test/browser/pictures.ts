/**
 * `npm run pictures`: photographs the page with the demo's catalogue into docs/pictures/. Ids and times differ from run
 * to run; which page shows which images in which states does not.
 */
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { startOrigin } from '../../examples/origin.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { untilGrouped } from '../support/same-pictures.ts';
import { closeBrowser, NO_BROWSER } from './browser.ts';
import { openPage } from './page.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'docs', 'pictures');
/** New for each run: files of an earlier one would not be made again, and their times not be shown. */
const DATA_DIR = join(ROOT, 'data', 'pictures');
const LIGHT: BrowserContextOptions = { colorScheme: 'light', reducedMotion: 'reduce' };
const DARK: BrowserContextOptions = { ...LIGHT, colorScheme: 'dark' };
/** Of examples/catalog.csv: its images from this row on are in work or wait on the picture of the sheet. */
const FIRST_OPEN_ROW = 5;
/** A photograph weighs much in a picture of the page, so this page is narrower. */
const NARROWER: BrowserContextOptions = { ...LIGHT, viewport: { width: 1100, height: 720 } };
/** Of examples/photos. */
const SHOWN = 'seeding';

type Demo = { url: string; batch: Batch; catalogue: string };
type Image = { id: string; row: number; source_url: string; timings: unknown };

if (NO_BROWSER !== undefined) throw new Error(NO_BROWSER);
await mkdir(FOLDER, { recursive: true });
await rm(DATA_DIR, { recursive: true, force: true });
{
  await using origin = await startOrigin();
  await using minilab = await startMinilab('serve', { DATA_DIR });
  const demo = await madeBatch(minilab.url, origin.url);
  await photographCheck(demo);
  await photographSheet(demo);
  await photograph(demo, 'failures', LIGHT, (page) => page.goto(`/batches/${demo.batch.id}/failures`));
  await photographVerdicts(demo);
  await photographImage(demo);
  await closeBrowser();
}
await rm(DATA_DIR, { recursive: true, force: true });

/** What `npm run demo` does. */
async function madeBatch(url: string, origin: string): Promise<Demo> {
  const csv = await readFile(join(ROOT, 'examples', 'catalog.csv'), 'utf8');
  const catalogue = csv.replaceAll('http://origin.example', origin);
  const { links } = await json<Batch>(upload(url, catalogue, { name: 'catalog.csv' }));
  return { url, catalogue, batch: await untilEnded(links.self) };
}

/** @param show leads the page to what is photographed, and waits until that is there */
async function photograph(
  { url }: Demo,
  name: string,
  options: BrowserContextOptions,
  show: (page: Page) => Promise<unknown>,
): Promise<void> {
  await using watched = await openPage(url, options);
  const { page } = watched;
  await page.goto('/'); // the font of the page is optional: from the cache it is there in time
  await page.evaluate(() => document.fonts.ready);
  await show(page);
  await page.waitForFunction(isWhole);
  const png = await sharp(await page.screenshot())
    .png({ palette: true, effort: 10, compressionLevel: 9 })
    .toBuffer();
  await writeFile(join(FOLDER, `${name}.png`), png);
  console.log(`docs/pictures/${name}.png: ${Math.round(png.byteLength / 1000)} kB`);
  watched.assertQuiet();
}

/** Runs in the page: whether it has its answers, and the pictures in view. */
function isWhole(): boolean {
  const seen = [...document.images].filter((image) => image.getBoundingClientRect().top < innerHeight);
  return !document.querySelector('[aria-busy=true]') && seen.every(({ naturalWidth }) => naturalWidth > 0);
}

/** With one cell spoiled: the catalogue itself has nothing that is wrong before its images are downloaded. */
async function photographCheck(demo: Demo): Promise<void> {
  const spoiled = demo.catalogue.replace(/"http:[^",]+\/sign-in,[^"]+"/, 'see e-mail');
  const file = { name: 'catalog.csv', mimeType: 'text/csv', buffer: Buffer.from(spoiled) };
  await photograph(demo, 'check', LIGHT, async (page) => {
    await page.getByLabel('Choose a file').setInputFiles(file);
    await page.getByRole('button', { name: /^Make \d+ images/, disabled: false }).waitFor();
  });
}

/** What a marketplace says of the pictures; same pictures are looked for after the end of the batch. */
async function photographVerdicts(demo: Demo): Promise<void> {
  await untilGrouped(demo.batch);
  await photograph(demo, 'verdicts', LIGHT, async (page) => {
    await page.goto(`/batches/${demo.batch.id}/check?channel=amazon&as_of=2027-01-31`);
    await page.locator('.verdicts').waitFor();
  });
}

/** While it fills: what is open is at a host that never answers, but for the links that fail. */
async function photographSheet(demo: Demo): Promise<void> {
  await using host = await startSilentHost();
  const rows = demo.catalogue.split('\n');
  const csv = rows.map((row, i) => (i < FIRST_OPEN_ROW ? row : silenced(row, host.url))).join('\n');
  const { links, id } = await json<Batch>(upload(demo.url, csv, { name: 'catalog.csv' }));
  await untilOnlyOpen(links.self, csv.split(host.url).length - 1);
  await photograph(demo, 'sheet', DARK, async (page) => {
    await page.goto(`/batches/${id}?size=s`);
    await page.locator('.frame.processing').first().waitFor();
    await page.locator('.frame.completed img').first().waitFor(); // names and pictures come after the states
  });
  await fetch(links.cancel, { method: 'POST' });
}

function silenced(row: string, host: string): string {
  return row.replaceAll(/http:\/\/[^/]+(?=\/photos\/(?!half-of|discontinued))/g, host);
}

async function startSilentHost(): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function untilOnlyOpen(self: string, open: number): Promise<void> {
  for (;;) {
    const { counts } = await json<Batch>(fetch(self));
    if (counts.pending + counts.processing === open && counts.processing > 0) return;
    await sleep(100);
  }
}

/** One that was made: the same address elsewhere in the batch takes its files. */
async function photographImage({ url, batch, ...demo }: Demo): Promise<void> {
  const { items } = await json<{ items: Image[] }>(fetch(`${batch.links.self}/images?limit=100`));
  const alike = items.filter((image) => image.source_url.includes(`/${SHOWN}`));
  const details = await Promise.all(alike.map(({ id }) => json<Image>(fetch(`${url}/v1/images/${id}`))));
  const shown = details.find(({ timings }) => timings !== null);
  await photograph({ url, batch, ...demo }, 'image', NARROWER, async (page) => {
    await page.goto(`/batches/${batch.id}/images/${shown?.id}`);
    await page.locator('img.before').waitFor();
  });
}
