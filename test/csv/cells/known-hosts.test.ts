import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAddress } from '../../../src/csv/cells/address.ts';

const ORIGINS = [
  ...['http://shop.example', 'https://shop.example', 'HTTPS://Shop.Example', 'http://shop.example:80'],
  ...['http://shop.example:8080', 'http://127.1', 'http://0x7f.1', 'http://a_b.example', 'http://1.2.3.4.5'],
  ...['http://xn--', 'http://shop..example', 'http://shop.example:99999', 'http://me:secret@shop.example'],
  ...['http://', 'https://', 'http://[::1]', 'http://shop.example%20', 'http://shop.example?'],
];
const PATHS = [
  '/1.jpg',
  '/a/b.jpg?c=d#e',
  '/@shop.example/1.jpg',
  '//2.jpg',
  '/:80/[1].jpg',
  '/https://b.example/1',
];

test('an address is read as the URL parser reads it, also when its host is known', () => {
  for (const origin of ORIGINS)
    for (const path of [...PATHS, ...PATHS]) {
      const [address, url] = [origin + path, URL.parse(origin + path)];
      const read = readAddress(address, false);
      if (!url || url.username !== '') assert.ok('why' in read, address);
      else assert.deepEqual(read, { url: address, host: url.host }, address);
    }
});

test('more hosts than are remembered are read right', () => {
  for (const round of [1, 2])
    for (let i = 0; i < 2_500; i += 1) {
      const read = readAddress(`https://host-${i}.example/${round}.jpg`, false);
      assert.equal('host' in read && read.host, `host-${i}.example`);
    }
});
