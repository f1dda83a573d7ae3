/** A table with its pictures in an archive: received by one machine, made by another, with files in a bucket. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import sharp from 'sharp';
import { WORKBOOK_TYPE } from '../../src/intake/receive.ts';
import { newDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded } from '../support/minilab.ts';
import { floatingWorkbook } from '../support/picture-workbooks.ts';
import { photo, PHOTO_NAMES, smallPicture, visualDistance } from '../support/pictures.ts';
import { readingOf } from '../support/read-workbook.ts';
import { type S3, startS3 } from '../support/s3.ts';
import { until } from '../support/until.ts';
import { buildZip } from '../support/zip-builder.ts';

type Image = {
  id: string;
  state: string;
  source_url: string;
  file: string;
  error_code: string | null;
  error_detail: string | null;
};
type Words = { title: string; advice: string };

const [PHOTO = ''] = PHOTO_NAMES;

describe('a catalogue in an archive', () => {
  const stack = new AsyncDisposableStack();
  let s3: S3;
  let receiver: Running;
  let archive: Buffer;
  let front: Buffer;
  let back: Buffer;
  before(async () => {
    s3 = stack.use(await startS3());
    const settings = { DATABASE_URL: await newDatabase(), ...s3.settings };
    const [here, there] = [stack.use(await newFolder()), stack.use(await newFolder())];
    receiver = stack.use(await startMinilab('serve --no-worker', { ...settings, DATA_DIR: here.path }));
    stack.use(await startMinilab('worker', { ...settings, DATA_DIR: there.path }));
    [front, back] = [photo(PHOTO), await smallPicture(5, 'png')];
    const table = 'SKU,Image URLs\nA,img/front.jpg\nB,"IMG/Back.png,img/front.jpg"\nC,img/note.jpg\n';
    archive = buildZip([
      { name: 'products.csv', content: table },
      { name: 'img/front.jpg', content: front, isStored: true },
      { name: 'img/back.png', content: back },
      { name: 'img/note.jpg', content: 'It is a text, whatever its name says.' },
    ]);
  });
  after(() => stack.disposeAsync());

  const uploaded = (): string[] => s3.objects.fileKeys.filter((key) => key.endsWith('/0.bin'));

  async function send(body: string | Buffer, type: string): Promise<Response> {
    const url = `${receiver.url}/v1/batches?preset=web`;
    return fetch(url, { method: 'POST', body: body as string, headers: { 'content-type': type } });
  }

  async function run(): Promise<Batch & { reused: number }> {
    const accepted = await json<Batch>(send(archive, 'application/zip'));
    return (await untilEnded(accepted.links.self)) as Batch & { reused: number };
  }

  const imagesOf = async ({ links }: Batch): Promise<Image[]> =>
    (await json<{ items: Image[] }>(fetch(links.images))).items;

  test('its pictures are made, shown with their names, retried, found again, and removed with their batch', async () => {
    const first = await run();
    assert.deepEqual([first.state, first.errors_by_code], ['completed_with_errors', { not_an_image: 1 }]);
    assert.equal(uploaded().length, 3, 'each content is stored once');

    const [, ...rows]: string[][] = parse(await (await fetch(first.links.output_csv)).text());
    const outputs = rows.map((row) => (row.find((cell) => cell.includes('/full.')) ?? '').split(','));
    const [frontOut = '', backOut = '', frontAgain = ''] = outputs.flat();
    assert.equal(frontAgain, frontOut);
    for (const [url, source] of [
      [frontOut, front],
      [backOut, back],
    ] as const) {
      const made = Buffer.from(await (await fetch(url)).arrayBuffer());
      assert.equal((await sharp(made).metadata()).format, 'jpeg');
      assert.ok((await visualDistance(made, source)) < 8, url);
    }

    const images = await imagesOf(first);
    assert.deepEqual(
      images.map(({ state, file, error_code }) => [state, file, error_code]),
      [
        ['completed', 'img/front.jpg', null],
        ['completed', 'img/back.png', null],
        ['completed', 'img/front.jpg', null],
        ['failed', 'img/note.jpg', 'not_an_image'],
      ],
    );
    const failed = images.find(({ state }) => state === 'failed');
    assert.equal(failed?.error_detail, 'The file is not an image. (it is a text file)');
    const { items } = await json<{ items: Words[] }>(fetch(`${first.links.self}/failures`));
    const { problem } = await json<{ problem: Words }>(fetch(`${receiver.url}/v1/images/${failed.id}`));
    for (const words of [items[0], problem]) {
      assert.equal(words?.title, 'The file is no image');
      assert.match(words.advice, /^Open the file: /);
    }

    const [image] = images;
    assert.match(image?.source_url ?? '', /^upload:[0-9a-f]{64}$/);
    const before = await fetch(`${receiver.url}/v1/images/${image?.id}/before?width=200`);
    const shown = Buffer.from(await before.arrayBuffer());
    assert.ok((await visualDistance(shown, front)) < 8);

    for (const key of uploaded()) {
      const path = key.slice(key.indexOf('place/') + 'place/'.length);
      assert.equal((await fetch(`${receiver.url}/files/${path}`)).status, 404, 'never served');
    }

    const stranger = await send(`SKU,Image URLs\nA,${image?.source_url}\n`, 'text/csv');
    assert.equal(stranger.status, 422);
    const { errors } = await json<{ errors: { code: string }[] }>(stranger);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['invalid_url'],
      'nobody else names a file by its hash, not even its owner',
    );

    const second = await run();
    assert.equal(second.reused, 3, 'the same contents are made once');
    assert.equal(uploaded().length, 6);

    const retried = await json<Batch>(fetch(first.links.retry, { method: 'POST' }));
    const again = await untilEnded(retried.links.self);
    assert.deepEqual(again.errors_by_code, { not_an_image: 1 }, 'its source is still there');

    assert.equal((await fetch(first.links.self, { method: 'DELETE' })).status, 204);
    await until(() => uploaded().length === 3);
    assert.ok(s3.objects.fileKeys.length > 3, 'what the second batch refers to stays');
  });

  test('pictures in the cells of a workbook are made, and the table goes back as a workbook', async () => {
    const rows = [
      ['SKU', 'Image'],
      ['00000001', ''],
      ['1E5', ''],
    ];
    const pictures = [
      { name: 'image1.jpg', content: front },
      { name: 'image2.png', content: back },
    ];
    const file = floatingWorkbook(rows, pictures, [
      { picture: 1, row: 2, column: 1 },
      { picture: 0, row: 3, column: 1 },
    ]);
    const accepted = await json<Batch>(send(file, WORKBOOK_TYPE));
    const batch = await untilEnded(accepted.links.self);
    assert.deepEqual([batch.state, batch.counts.completed], ['completed', 2]);
    const images = await imagesOf(batch);
    const made = await json<{ renditions: { url: string }[] }>(
      fetch(`${receiver.url}/v1/images/${images[0]?.id}`),
    );
    const first = Buffer.from(await (await fetch(made.renditions[0]?.url ?? '')).arrayBuffer());
    assert.ok((await visualDistance(first, back)) < 8, 'the picture of its own row');

    const workbook = Buffer.from(await (await fetch(`${batch.links.self}/output.xlsx`)).arrayBuffer());
    const { products } = await readingOf(workbook);
    assert.deepEqual(
      products.map(({ cells }) => cells[0]),
      ['00000001', '1E5'],
    );
  });
});
