import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { readAddress } from '../../../src/csv/cells/address.ts';
import { readUpload } from '../../../src/intake/read-upload.ts';

/** Each was read as an address with a NUL, half a character or a line feed in it, which the tables do not take. */
const HIDDEN = [
  'https://a.example/1&#0;.jpg',
  'https://a.example/1&#x0;.jpg',
  'https://a.example/1&amp;#0;.jpg',
  'https://a.example/1&#55357;.jpg',
  'https://a.example/1&#xd83d;.jpg',
  'https://a.example/1&#127;.jpg',
  'https:\\/\\/a.example\\/1\\u0000.jpg',
  'https:\\/\\/a.example\\/1\\ud83d.jpg',
  'https:\\/\\/a.example\\/1\\u000a.jpg',
  'https%3a%2f%2fa.example%2f1%00.jpg',
  'https%3A%2F%2Fa.example%2F1%0A.jpg',
];

// oxlint-disable-next-line no-control-regex -- that is what it looks for
const CONTROL = /[\0-\x1f\x7f\p{Cs}]/u;

test('no entity, escape or percent becomes a control character or half of a character', () => {
  for (const slot of HIDDEN) {
    const address = readAddress(slot, false);
    assert.ok(!('url' in address) || !CONTROL.test(address.url), slot);
  }
});

test('an address with a control character in it is an error of its row, and of no other', async () => {
  const csv = `SKU,Images\nA,https://a.example/1\u0001.jpg\nB,https://a.example/2.jpg\nC,"${HIDDEN.join('","')}"\n`;
  const rules = { maxBytes: 1e6, allowPaths: false, presets: new Set<string>() };
  const urls: string[] = [];
  const { errors } = await readUpload(Readable.from([Buffer.from(csv)]), rules, ({ product }) => {
    urls.push(...product.images.map(({ url }) => url).slice(0, product.line === 3 ? 1 : 0));
  });
  assert.deepEqual(
    errors.first.filter(({ line }) => line < 4).map(({ line, code }) => [line, code]),
    [[2, 'invalid_url']],
  );
  assert.deepEqual(urls, ['https://a.example/2.jpg']);
});

test('characters that are written as JSON or as entities are still read', () => {
  const read = (slot: string): unknown => readAddress(slot, false);
  const host = 'a.example';
  assert.deepEqual(read('https:\\/\\/a.example\\/1\\u0026\\u00e9\\ud83d\\ude00.jpg'), {
    ...{ url: 'https://a.example/1&é😀.jpg', host },
  });
  assert.deepEqual(read('https://a.example/1&#38;&#233;.jpg'), { url: 'https://a.example/1&é.jpg', host });
  assert.deepEqual(read('https%3a%2f%2fa.example%2f1%20%26.jpg'), {
    ...{ url: 'https://a.example/1 &.jpg', host },
  });
});
