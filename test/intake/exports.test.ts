import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { previewUpload } from '../../src/intake/preview.ts';

const FOLDER = join(import.meta.dirname, 'exports');
const RULES = { maxBytes: 1e9, allowPaths: false, presets: new Set(['web']) };

/** The files have the forms that the shops' own exports and import templates have, as of 2026. */
const EXPORTS: Record<
  string,
  {
    columns: object;
    skus: (string | null)[];
    images: number[];
    told?: [code: string, line: number, column?: number][];
  }
> = {
  'shopify.csv': {
    columns: { images: ['Image Src'], name: 'Title', sku: ['Variant SKU', 'Handle'] },
    skus: ['LS-S', 'LS-M', 'LS-L', 'linen-shirt', 'gift-card'],
    images: [1, 1, 0, 1, 1],
    told: [['unread_image_column', 2, 33]],
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
    told: [
      ['unread_image_column', 2, 20],
      ['unread_image_column', 2, 22],
    ],
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
  'amazon-template.csv': {
    columns: { images: ['main_image_url', 'other_image_url1'], name: 'item_name', sku: ['item_sku'] },
    skus: ['AM-1'],
    images: [2],
    told: [['lines_above_header', 3]],
  },
  'amazon-template-2025.tsv': {
    columns: {
      images: [
        'main_product_image_locator[marketplace_id=A1PA6795UKMFR9]#1.media_location',
        'other_product_image_locator_1[marketplace_id=A1PA6795UKMFR9]#1.media_location',
        'other_product_image_locator_2[marketplace_id=A1PA6795UKMFR9]#1.media_location',
      ],
      name: 'item_name[marketplace_id=A1PA6795UKMFR9][language_tag=de_DE]#1.value',
      sku: ['contribution_sku#1.value'],
    },
    skus: ['AM-1'],
    images: [2],
    told: [
      ['lines_above_header', 5],
      ['lines_below_header', 6],
    ],
  },
  'ebay.csv': {
    columns: { images: ['Item photo URL'], name: 'Title', sku: ['Custom label (SKU)'] },
    skus: ['EB-1', 'EB-2'],
    images: [2, 1],
    told: [
      ['column_not_read', 6, 11],
      ['lines_above_header', 5],
    ],
  },
  'ebay-file-exchange.csv': {
    columns: { images: ['PicURL'], name: '*Title', sku: ['CustomLabel'] },
    skus: ['EB-1'],
    images: [2],
    told: [['column_not_read', 2, 7]],
  },
  'ecwid.csv': {
    columns: {
      images: [
        'product_media_main_image_url',
        'product_media_gallery_image_url_1',
        'product_media_gallery_image_url_2',
      ],
      name: 'product_name',
      sku: ['product_sku'],
    },
    skus: ['EC-1'],
    images: [3],
  },
  'facebook.csv': {
    columns: {
      images: ['image[0].url', 'image[1].url', 'additional_image_link'],
      name: 'title',
      sku: ['id'],
    },
    skus: ['FB-1'],
    images: [3],
    told: [['lines_above_header', 2]],
  },
  'bigcommerce.csv': {
    columns: {
      images: ['Product Image URL - 1', 'Product Image URL - 2'],
      name: 'Product Name',
      sku: ['Product Code/SKU', 'Product ID'],
    },
    skus: ['BC-1'],
    images: [2],
  },
  'squarespace.csv': {
    columns: { images: ['Hosted Image URLs'], name: 'Title', sku: ['SKU'] },
    skus: ['SQ-1'],
    images: [2],
  },
  'magento-1.csv': {
    columns: { images: ['image', '_media_image', 'media_gallery'], name: 'name', sku: ['sku'] },
    skus: ['M1-1'],
    images: [2],
    told: [
      ['unread_image_column', 2, 9],
      ['unread_image_column', 2, 10],
    ],
  },
  'report.csv': {
    columns: { images: ['Bild-URL'], name: 'Name', sku: [] },
    skus: [null, null],
    images: [1, 0],
    told: [
      ['lines_above_header', 4],
      ['lines_below_header', 5],
    ],
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
    const { told = [] } = expected;
    assert.deepEqual({ sku: [], ...preview.columns }, expected.columns);
    assert.deepEqual(
      preview.first_rows.map(({ sku }) => sku),
      expected.skus,
    );
    assert.deepEqual(
      preview.first_rows.map(({ images }) => images.length),
      expected.images,
    );
    // Nothing odd but what is told, and rows without an image, of which such files are full.
    assert.deepEqual(
      preview.warnings
        .filter(({ code }) => code !== 'no_images')
        .map(({ code, line, column }) => (column === undefined ? [code, line] : [code, line, column])),
      told,
    );
  });

test('every form of an export is in the table above', async () => {
  assert.deepEqual((await readdir(FOLDER)).toSorted(), Object.keys(EXPORTS).toSorted());
});
