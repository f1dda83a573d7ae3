import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesPlaceholder } from '../../../src/work/looks/placeholder-names.ts';

test('the name of a file says that it stands for a missing picture', () => {
  for (const name of [
    ...['no-image.png', 'noimage.gif', 'NO_PHOTO_300.jpg', 'no.pic', 'placeholder.svg', 'Place-Holder-2.jpg'],
    ...[
      'image-coming-soon.jpg',
      'comingsoon.png',
      'default.jpg',
      'image_not_available.gif',
      'x-default_1.webp',
    ],
  ]) {
    assert.equal(namesPlaceholder(`https://shop.example/img/${name}?w=300#a`), true, name);
    assert.equal(namesPlaceholder(name), true, name);
  }
});

test('folders, queries and parts of other words say nothing', () => {
  for (const url of [
    'https://shop.example/default/shoe.jpg',
    'https://shop.example/shoe.jpg?fallback=noimage.png',
    'https://shop.example/casino-images.jpg',
    'https://shop.example/defaults.jpg',
    'https://shop.example/piano-photo.jpg',
    'https://shop.example/candle-placeholders.jpg',
  ])
    assert.equal(namesPlaceholder(url), false, url);
});
