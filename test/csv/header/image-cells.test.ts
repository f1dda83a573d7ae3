import assert from 'node:assert/strict';
import { test } from 'node:test';
import { locationsOf, previewOf } from '../../support/previews.ts';

const U = 'https://shop.example';

function unreadOf(preview: Awaited<ReturnType<typeof previewOf>>): (string | number)[][] {
  return locationsOf(preview.warnings.filter(({ code }) => code === 'unread_image_column'));
}

test('a column that holds image URLs and is not read is told once, with a cell of it', async () => {
  for (const [name, cell] of [
    ['Variant Image', `${U}/2.jpg`],
    ['Swatch', `${U}/s.png?v=1`],
    ['Lifestyle', `"${U}/a.webp,${U}/b.webp"`],
    ['Variant Image', 'https://cdn.shopify.com/s/files/1/2'],
    ['Extra', 'https://res.cloudinary.com/demo/f_auto/mug'],
    ['Datenblatt', `${U}/images/123`],
    ['Assets', '//cdn.shop.example/2.JPG'],
    ['JSON', `"[""${U}/2.jpg""]"`],
    ['Thumbnail', ` ${U}/t/2`],
    ['', `${U}/2.jpg`],
  ] as const) {
    const csv = `SKU,Image,${name},Price\n1,${U}/1.jpg,,5\n2,${U}/1.jpg,${cell},5\n3,${U}/1.jpg,${cell},5\n`;
    const preview = await previewOf(csv);
    assert.deepEqual(unreadOf(preview), [['unread_image_column', 3, 3]], name);
    assert.equal(preview.ok, true);
    const { detail = '' } = preview.warnings[0] ?? {};
    assert.ok(detail.includes(name === '' ? 'Column 3, which has no name' : `"${name}"`), detail);
    assert.match(detail, /shop|cloudinary/);
  }
});

test('pages, videos, texts and our own columns are not told', async () => {
  for (const [name, cell] of [
    ['Link', `${U}/products/mug`],
    ['Product URL', `${U}/p/mug.html`],
    ['Video', `${U}/images/mug.mp4`],
    ['Image Page', `${U}/gallery.html`],
    ['Body (HTML)', `<img src='${U}/2.jpg'>`],
    ['Text', `See ${U}/2.jpg`],
    ['Output Image Urls', `${U}/2.jpg`],
    ['Output Image Urls (thumb)', `${U}/2.jpg`],
    ['Errors', `${U}/2.jpg`],
  ] as const)
    assert.deepEqual(unreadOf(await previewOf(`SKU,Image,${name}\n1,${U}/1.jpg,${cell}\n`)), [], name);
});

test('who names the columns of images has chosen, and beside local files paths are told', async () => {
  const csv = `SKU,Image,Swatch\n1,${U}/1.jpg,${U}/2.jpg\n`;
  assert.deepEqual(unreadOf(await previewOf(csv, { mapping: { images: 'Image' } })), []);
  const local = 'SKU,Image,Back view,Note\n1,1.jpg,back/1.jpg,x\n';
  assert.deepEqual(unreadOf(await previewOf(local, { allowPaths: true })), [['unread_image_column', 2, 3]]);
});

test('told columns stand before a thousand warnings of rows, and strict=true refuses them', async () => {
  const csv = `SKU,Image,Swatch\n${'1,,\n'.repeat(1_500)}2,${U}/1.jpg,${U}/2.jpg\n`;
  const preview = await previewOf(csv);
  assert.deepEqual(locationsOf(preview.warnings.slice(0, 1)), [['unread_image_column', 1502, 3]]);
  assert.deepEqual([preview.warning_count, preview.warnings.length], [1_501, 1_000]);
  const strict = await previewOf(`SKU,Image,Swatch\n2,${U}/1.jpg,${U}/2.jpg\n`, { warningsAre: 'errors' });
  assert.deepEqual([strict.ok, locationsOf(strict.errors)], [false, [['unread_image_column', 2, 3]]]);
});

test('a column with the name of an image that holds something else is left out beside others', async () => {
  const csv = `SKU,Image URL,Photo\n1,${U}/1.jpg,front\n2,${U}/2.jpg,back\n`;
  const preview = await previewOf(csv);
  assert.deepEqual([preview.ok, preview.columns.images, preview.images], [true, ['Image URL'], 2]);
  for (const note of ['N/A', '3', 'yes', 'see p. 7'])
    assert.equal((await previewOf(`SKU,Image URL,Photo\n1,${U}/1.jpg,${note}\n`)).ok, true, note);
  const slip = await previewOf(`SKU,Image 1,Image 2\n1,${U}/1.jpg,htp:/shop.example/2.jpg\n`);
  assert.deepEqual(locationsOf(slip.errors), [['invalid_url', 2, 3]], 'but a slip is an error');
  const alone = await previewOf('SKU,Image\n1,front\n');
  assert.deepEqual(locationsOf(alone.errors), [['invalid_url', 2, 2]]);
});
