import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { previewUpload } from '../../src/intake/preview.ts';

const FOLDER = join(import.meta.dirname, 'exports');
const RULES = { maxBytes: 1e9, allowPaths: false, presets: new Set(['web']) };

/** The files have the forms that the shops' own exports and import templates have, as of 2026. */
const EXPORTS: Record<string, { columns: object; skus: (string | null)[]; images: number[] }> = {
  'shopify.csv': {
    columns: { images: ['Image Src'], name: 'Title', sku: ['Variant SKU', 'Handle'] },
    skus: ['LS-S', 'LS-M', 'LS-L', 'linen-shirt', 'gift-card'],
    images: [1, 1, 0, 1, 1],
  },
  'woocommerce.csv': {
    columns: { images: ['Images'], name: 'Name', sku: ['SKU', 'ID'] },
    skus: ['woo-vneck-tee', 'woo-vneck-tee-red', 'woo-album', 'woo-no-picture'],
    images: [3, 1, 1, 0],
  },
  'magento.csv': {
    columns: { images: ['base_image', 'additional_images'], name: 'name', sku: ['sku'] },
    skus: ['24-MB01', '24-MB04'],
    images: [3, 1],
  },
  'prestashop.csv': {
    columns: { images: ['Image URLs (x,y,z...)'], name: 'Name *', sku: ['Reference #', 'Product ID'] },
    skus: ['RP-demo_1', 'RP-demo_2'],
    images: [2, 1],
  },
  'google.tsv': {
    columns: { images: ['image_link', 'additional_image_link'], name: 'title', sku: ['id'] },
    skus: ['TV_123456', 'DVD-0564738'],
    images: [3, 1],
  },
  'amazon.csv': {
    columns: {
      images: ['main_image_url', 'other_image_url1', 'other_image_url2'],
      name: 'item_name',
      sku: ['item_sku'],
    },
    skus: ['AM-1', 'AM-2'],
    images: [3, 1],
  },
  'excel.csv': {
    columns: { images: ['Image URL(s)'], name: 'Product Name', sku: [], serial: 'S. No.' },
    skus: [null, null, null],
    images: [2, 2, 0],
  },
  'excel-unicode.txt': {
    columns: { images: ['Image URL(s)'], name: 'Product Name', sku: [], serial: 'S. No.' },
    skus: [null, null, null],
    images: [2, 2, 0],
  },
};

for (const [file, expected] of Object.entries(EXPORTS))
  test(`${file} is read without any option`, async () => {
    const { preview } = await previewUpload(createReadStream(join(FOLDER, file)), RULES);
    assert.deepEqual(preview.errors, []);
    assert.deepEqual({ sku: [], ...preview.columns }, expected.columns);
    assert.deepEqual(
      preview.first_rows.map(({ sku }) => sku),
      expected.skus,
    );
    assert.deepEqual(
      preview.first_rows.map(({ images }) => images.length),
      expected.images,
    );
    // Nothing odd but rows without an image, of which such files are full.
    assert.deepEqual(
      new Set(preview.warnings.map(({ code }) => code)).difference(new Set(['no_images'])),
      new Set(),
    );
  });

test('every form of an export is in the table above', async () => {
  assert.deepEqual((await readdir(FOLDER)).toSorted(), Object.keys(EXPORTS).toSorted());
});
