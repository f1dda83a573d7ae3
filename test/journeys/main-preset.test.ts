/** Main images have a preset of their own, and a batch says whether it is apparel: through a server and its worker. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import sharp from 'sharp';
import { cutOut } from '../support/catalogue.ts';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';
import { untilGrouped } from '../support/same-pictures.ts';
import { readZip } from '../support/zip.ts';

type Chosen = Batch & { preset: string; main_preset: string | null; apparel: boolean | null };
type Line = {
  sku: string;
  position: number;
  preset: string;
  rendition: { name: string; width: number; height: number; format: string } | null;
};
type Summary = { images: Record<'pass' | 'warn' | 'fail' | 'unknown', number> };

describe('main images', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  const pictures = new Map<string, Buffer>();

  before(async () => {
    folder = await newFolder();
    origin = await startOrigin((path) => pictures.get(path));
    for (let i = 1; i <= 3; i += 1) pictures.set(`/${i}.jpg`, await smallPicture(i));
    minilab = await startMinilab('serve', { DATABASE_URL: await migratedDatabase(), DATA_DIR: folder.path });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function ended(csv: string, fields: Record<string, string>): Promise<Chosen> {
    const response = await upload(minilab.url, csv.replaceAll('@', `${origin.url}/`), fields);
    assert.equal(response.status, 202, await response.clone().text());
    return (await untilEnded((await json<Batch>(response)).links.self)) as Chosen;
  }

  const textOf = async (batch: Batch, path: string): Promise<string> =>
    (await fetch(`${batch.links.self}/${path}`)).text();
  const rowsOf = async (batch: Batch): Promise<string[][]> => parse(await textOf(batch, 'output.csv'));
  const linesOf = async (batch: Batch): Promise<Line[]> =>
    (await textOf(batch, 'manifest.ndjson'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);

  test('the image at position 1 is made by main_preset, the others by preset; a row that names a preset has it for all', async () => {
    const csv = [
      'SKU,Image 1,Image 2,Preset,Image Quality',
      'A,@1.jpg,@2.jpg,,',
      'B,,@1.jpg,,',
      'C,@1.jpg,@2.jpg,half-quality,',
      'D,@1.jpg,@2.jpg,,40',
      '',
    ].join('\n');
    const batch = await ended(csv, { preset: 'web', main_preset: 'walmart' });
    assert.deepEqual([batch.state, batch.preset, batch.main_preset], ['completed', 'web', 'walmart']);

    const made = (await linesOf(batch)).map(
      ({ sku, position, preset, rendition }) => `${sku}${position} ${preset} ${rendition?.name}`,
    );
    assert.deepEqual(made, [
      'A1 walmart main',
      ...['A2 web full', 'A2 web thumb'],
      ...['B2 web full', 'B2 web thumb'],
      ...['C1 half-quality full', 'C2 half-quality full'],
      'D1 walmart main',
      ...['D2 web full', 'D2 web thumb'],
    ]);

    const [header, ...rows] = await rowsOf(batch);
    assert.deepEqual(header?.slice(5), [
      ...['Output Image Urls', 'Output Image Urls (thumb)', 'Status', 'Errors'],
    ]);
    const names = rows.map((row) =>
      row.slice(5, 7).map((cell) => cell.split(',').map((url) => url.split('/').at(-1))),
    );
    assert.deepEqual(names, [
      [
        ['main.jpg', 'full.jpg'],
        ['', 'thumb.jpg'],
      ],
      [
        ['', 'full.jpg'],
        ['', 'thumb.jpg'],
      ],
      [
        ['full.jpg', 'full.jpg'],
        ['', ''],
      ],
      [
        ['main.jpg', 'full.jpg'],
        ['', 'thumb.jpg'],
      ],
    ]);
    const [first = '', other = ''] = rows[0]?.[5]?.split(',') ?? [];
    assert.deepEqual(await sizeOf(first), [2200, 2200]);
    assert.notDeepEqual(await sizeOf(other), [2200, 2200]);
    assert.notEqual(rows[3]?.[5]?.split(',')[0], first, 'the quality of a row holds for its main image too');
  });

  test('the archive and style=replace have the same files in the same places', async () => {
    const csv = 'SKU,Images\nA,"@1.jpg, @2.jpg"\n';
    const batch = await ended(csv, {
      main_preset: 'amazon',
      name_template: '{sku}/{position}-{rendition}.{ext}',
    });
    const zip = await readZip(
      Buffer.from(await (await fetch(`${batch.links.self}/images.zip`)).arrayBuffer()),
    );
    assert.deepEqual([...zip.keys()].toSorted(), [
      ...['A/1-main.jpg', 'A/2-full.jpg', 'A/2-thumb.jpg', 'output.csv'],
    ]);
    const [, row] = parse(zip.get('output.csv') ?? '');
    assert.deepEqual(row?.slice(2, 4), ['A/1-main.jpg, A/2-full.jpg', ', A/2-thumb.jpg']);
    const [, replaced] = parse(await textOf(batch, 'output.csv?style=replace'));
    assert.deepEqual(
      replaced?.[1]?.split(', ').map((url) => url.split('/').at(-1)),
      ['A_1-main.jpg', 'A_2-full.jpg'],
    );
  });

  test('a main image that is fixed for a channel passes its check, the others are as they were', async () => {
    const product = { width: 1900, height: 1700, fill: 0.8 };
    pictures.set('/box.jpg', await cutOut({ ...product, background: '#fcfcfc' }));
    pictures.set('/other.jpg', await cutOut({ ...product, background: '#808080' }));
    const batch = await ended('SKU,Images\nA,"@box.jpg, @other.jpg"\n', { main_preset: 'google-fix' });
    await untilGrouped(batch); // until then nobody knows whether it is a placeholder
    const verdicts = (await textOf(batch, 'check.ndjson?channel=google&of=output'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { position: number; verdict: string });
    assert.deepEqual(
      verdicts.map(({ position, verdict }) => [position, verdict]),
      [
        [1, 'pass'],
        [2, 'warn'], // the preset web makes it lower than 1500 px
      ],
    );
    const [main] = await linesOf(batch);
    assert.deepEqual(main?.rendition && [main.rendition.name, main.rendition.format], ['main', 'jpeg']);
  });

  test('a retry makes a main image by the same preset', async () => {
    const batch = await ended('SKU,Images\nA,"@late.jpg, @2.jpg"\n', { main_preset: 'google' });
    assert.deepEqual([batch.state, batch.counts.failed], ['completed_with_errors', 1]);
    pictures.set('/late.jpg', await smallPicture(7));
    assert.equal((await fetch(batch.links.retry, { method: 'POST' })).status, 202);
    assert.equal((await untilEnded(batch.links.self)).state, 'completed');
    assert.deepEqual(
      (await linesOf(batch)).map(({ position, preset }) => [position, preset]),
      [
        [1, 'google'],
        [2, 'web'],
        [2, 'web'],
      ],
    );
  });

  test('a name that no preset has is refused in the words of the option preset, before and after the file', async () => {
    const csv = `Image\n${origin.url}/1.jpg\n`;
    const answers: { status: number; detail: string }[] = [];
    for (const path of ['batches', 'batches/preview'])
      for (const option of ['preset', 'main_preset'])
        for (const isFirst of [true, false]) {
          const form = new FormData();
          if (isFirst) form.set(option, 'nope');
          form.set('file', new Blob([csv]), 'catalog.csv');
          if (!isFirst) form.set(option, 'nope');
          const response = await fetch(`${minilab.url}/v1/${path}`, { method: 'POST', body: form });
          answers.push({
            status: response.status,
            detail: (await json<{ detail: string }>(response)).detail,
          });
        }
    assert.match(answers[0]?.detail ?? '', /There is no preset "nope"\. There are: web, /);
    for (const answer of answers) assert.deepEqual(answer, { ...answers[0], status: 400 });
  });

  test('options after the file count too', async () => {
    const form = new FormData();
    form.set('file', new Blob([`Images\n"${origin.url}/1.jpg, ${origin.url}/2.jpg"\n`]), 'catalog.csv');
    form.set('main_preset', 'ebay');
    const response = await fetch(`${minilab.url}/v1/batches`, { method: 'POST', body: form });
    const batch = await untilEnded((await json<Batch>(response)).links.self);
    assert.deepEqual(
      (await linesOf(batch)).map(({ preset }) => preset),
      ['ebay', 'web', 'web'],
    );
  });

  test('apparel is kept with the batch; a check may say otherwise', async () => {
    pictures.set('/200.jpg', await cutOut({ width: 200, height: 200 }));
    const csv = 'SKU,Images\nA,@200.jpg\n';
    const fails = async (batch: Batch, query = ''): Promise<number> => {
      const path = `check?channel=google&as_of=2027-01-30${query}`;
      return (JSON.parse(await textOf(batch, path)) as Summary).images.fail;
    };
    const said: Record<string, (boolean | number | null)[]> = {};
    for (const apparel of ['', 'true', 'false']) {
      const batch = await ended(csv, { apparel });
      const counts = [
        await fails(batch),
        await fails(batch, '&apparel=true'),
        await fails(batch, '&apparel=false'),
      ];
      said[apparel] = [batch.apparel, ...counts];
    }
    assert.deepEqual(said, { '': [null, 0, 1, 0], true: [true, 1, 1, 0], false: [false, 0, 1, 0] });
    assert.equal((await upload(minilab.url, csv, { apparel: 'perhaps' })).status, 400);
  });
});

async function sizeOf(url: string): Promise<[number, number]> {
  const { width, height } = await sharp(await (await fetch(url)).arrayBuffer()).metadata();
  return [width, height];
}
