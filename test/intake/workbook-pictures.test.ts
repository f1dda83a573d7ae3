/** Pictures in the cells of a workbook become the images of their rows. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { previewUpload } from '../../src/intake/preview.ts';
import type { StagedUpload } from '../../src/intake/staged-upload.ts';
import { stageUpload } from '../../src/intake/staged-upload.ts';
import { readFile } from 'node:fs/promises';
import { type Folder, newFolder } from '../support/folder.ts';
import { floatingWorkbook, inCellWorkbook, wpsPictureWorkbook } from '../support/picture-workbooks.ts';
import { buildZip } from '../support/zip-builder.ts';

const PICTURES = ['one.png', 'two, & more.jpeg'].map((name) => ({ name, content: Buffer.from(name) }));
const [FIRST = '', SECOND = ''] = PICTURES.map(
  ({ content }) => `upload:${createHash('sha256').update(content).digest('hex')}`,
);

let folder: Folder;
before(async () => {
  folder = await newFolder();
});
after(() => folder[Symbol.asyncDispose]());

const rules = (more: object = {}) => ({
  maxBytes: 1e9,
  maxSourceBytes: 1_000,
  folder: folder.path,
  allowPaths: false,
  ...more,
});

const staged = (file: Buffer): Promise<StagedUpload> =>
  stageUpload(Readable.from([file]), { ...rules(), tenantId: 1, presets: [] });

const previewed = async (file: Buffer, more?: object) =>
  (await previewUpload(Readable.from([file]), { ...rules(more), presets: new Set() })).preview;

/** The URL of each image, and the contents that are to be stored. */
async function imagesOf(file: Buffer) {
  await using upload = await staged(file);
  const lines = (await readFile(upload.files.images, 'utf8')).split('\n').filter(Boolean);
  return {
    images: lines.map((line) => line.split('\t').slice(4, 7)),
    stored: upload.pictures.map(({ sha256 }) => `upload:${sha256}`),
  };
}

const ROWS = [
  { sku: 'A', picture: 1 },
  { sku: 'B', picture: undefined },
  { sku: 'C', picture: 0 },
  { sku: 'D', picture: 1 },
];
const EXPECTED = {
  images: [
    ['1', '1', SECOND],
    ['3', '1', FIRST],
    ['4', '1', SECOND],
  ],
  stored: [SECOND, FIRST],
};

test('of all kinds, each content once', async () => {
  assert.deepEqual(await imagesOf(inCellWorkbook(ROWS, PICTURES)), EXPECTED);
  assert.deepEqual(await imagesOf(wpsPictureWorkbook(ROWS, PICTURES)), EXPECTED);
  const rows = [['SKU', 'Image'], ['A'], ['B'], ['C'], ['D']];
  const anchors = ROWS.flatMap(({ picture }, i) =>
    picture === undefined ? [] : { picture, row: i + 2, column: 1 },
  );
  assert.deepEqual(await imagesOf(floatingWorkbook(rows, PICTURES, anchors)), EXPECTED);
});

test('several pictures of a cell are several images; a cell with an address keeps it, and the picture is told', async () => {
  const rows = [['SKU', 'Image'], ['A'], ['B', 'https://a.example/1.jpg']];
  const preview = await previewed(
    floatingWorkbook(rows, PICTURES, [
      { picture: 0, row: 2, column: 1 },
      { picture: 0, row: 2, column: 1 },
      { picture: 1, row: 3, column: 1 },
    ]),
  );
  assert.deepEqual(
    preview.first_rows.map(({ images }) => images),
    [['xl/media/one.png', 'xl/media/one.png'], ['https://a.example/1.jpg']],
  );
  assert.deepEqual(
    preview.warnings.map(({ code, detail }) => [code, detail]),
    [
      [
        'pictures_not_read',
        '1 picture of the sheet is in no image cell of a product, and is not used: xl/media/two____more.jpeg',
      ],
    ],
  );
});

test('where no column has the name of one, the error proposes the column with the pictures', async () => {
  const rows = [['SKU', 'Vorn'], ['A']];
  const file = floatingWorkbook(rows, PICTURES, [{ picture: 0, row: 2, column: 1 }]);
  const { errors } = await previewed(file);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['no_image_column'],
  );
  assert.match(errors[0]?.detail ?? '', /columns=\{"images":"Vorn"\}/);
  const { ok, images } = await previewed(file, { mapping: { images: 'Vorn' } });
  assert.deepEqual([ok, images], [true, 1]);
});

test('a picture that is too large is an error of its row', async () => {
  const large = [{ name: 'large.png', content: Buffer.alloc(1_001) }];
  const { errors } = await previewed(inCellWorkbook([{ sku: 'A', picture: 0 }], large));
  assert.deepEqual(
    errors.map(({ code, line, column }) => [code, line, column]),
    [['source_too_large', 2, 2]],
  );
});

test('a workbook in an archive has its own pictures and those beside it', async () => {
  const file = floatingWorkbook([['SKU', 'Image'], ['A'], ['B', 'photos/b.jpg']], PICTURES, [
    { picture: 0, row: 2, column: 1 },
  ]);
  const zip = buildZip([
    { name: 'products.xlsx', content: file, isStored: true },
    { name: 'photos/b.jpg', content: PICTURES[1]?.content ?? '' },
  ]);
  assert.deepEqual(await imagesOf(zip), {
    images: [
      ['1', '1', FIRST],
      ['2', '1', SECOND],
    ],
    stored: [FIRST, SECOND],
  });
});
