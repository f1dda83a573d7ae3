import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { lookCatalogue, type Planted } from '../support/look-plants.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { type SamePictures, untilGrouped } from '../support/same-pictures.ts';

const PRODUCTS = Number(process.env['LONG_PRODUCTS'] ?? 2_000);

test(`of ${PRODUCTS} products every planted picture that occurs more than once is found, and nothing else`, async () => {
  await using folder = await newFolder();
  const { csv, pictures, planted } = await lookCatalogue(PRODUCTS);
  await using origin = await startOrigin((path) => pictures.get(path));
  await using minilab = await startMinilab('serve', {
    DATABASE_URL: await migratedDatabase(),
    DATA_DIR: folder.path,
    HOST_CONCURRENCY: '32',
  });
  const response = await upload(minilab.url, csv.replaceAll('{origin}', origin.url));
  const batch = await untilEnded((await json<Batch>(response)).links.self, 600_000);
  assert.equal(batch.state, 'completed');
  const { items } = await untilGrouped(batch);
  const variants = await json<SamePictures>(fetch(`${batch.links.self}/same-pictures?kind=variants`));
  const groups = [...items, ...variants.items].map(
    ({ skus, kind, images, products, contents }) =>
      [skus[0] ?? '', { kind, images, products, contents }] as const,
  );
  assert.deepEqual(Object.fromEntries<Planted>(groups), planted);
  assert.equal(groups.length, Object.keys(planted).length);
});
