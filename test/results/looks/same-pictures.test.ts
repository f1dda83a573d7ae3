/** Pictures that occur more than once in a batch: real pictures, through a server and its worker. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { openDatabase } from '../../../src/db/database.ts';
import { migratedDatabase } from '../../support/database.ts';
import { type Folder, newFolder } from '../../support/folder.ts';
import { type LookCatalogue, lookCatalogue, type Planted } from '../../support/look-plants.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../../support/minilab.ts';
import { type Origin, startOrigin } from '../../support/origin.ts';
import { type SamePictures, untilGrouped } from '../../support/same-pictures.ts';

const PRODUCTS = 110;

describe('pictures that occur more than once', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  let database: string;
  let catalogue: LookCatalogue;
  let batch: Batch;
  let found: SamePictures;
  let isBroken = false;

  before(async () => {
    folder = await newFolder();
    catalogue = await lookCatalogue(PRODUCTS);
    origin = await startOrigin((path) =>
      isBroken && path.startsWith('/again/') ? undefined : catalogue.pictures.get(path),
    );
    database = await migratedDatabase();
    minilab = await startMinilab('serve', { DATABASE_URL: database, DATA_DIR: folder.path });
    batch = await ended(catalogue.csv.replaceAll('{origin}', origin.url));
    found = await untilGrouped(batch);
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function ended(csv: string): Promise<Batch> {
    const response = await upload(minilab.url, csv, { preset: 'web' });
    assert.equal(response.status, 202, await response.clone().text());
    return untilEnded((await json<Batch>(response)).links.self);
  }
  const get = async <T>(path: string): Promise<T> => json<T>(fetch(`${batch.links.self}/${path}`));

  test('every planted group is found with its kind, and nothing else', async () => {
    const variants = await get<SamePictures>('same-pictures?kind=variants');
    const groups = [...found.items, ...variants.items].map(
      ({ skus, kind, images, products, contents }) =>
        [skus[0] ?? '', { kind, images, products, contents }] as const,
    );
    assert.deepEqual(Object.fromEntries<Planted>(groups), catalogue.planted);
    assert.equal(groups.length, Object.keys(catalogue.planted).length);
    assert.deepEqual(found.counts, { twice: 3, shared: 1, variants: 2, placeholder: 3 });
  });

  test('a group tells its host, an example, some SKUs, its distance, and why it may be a placeholder', () => {
    const [sign] = found.items;
    assert.ok(sign);
    const { example, ...told } = sign;
    assert.equal(example.slot, 31);
    assert.match(example.sha256, /^[0-9a-f]{64}$/);
    assert.equal(example.url, `${origin.url}/cdn/0/front.png`);
    assert.deepEqual(told, {
      ...{
        group: 1,
        kind: 'placeholder',
        marked: null,
        marked_as: null,
        images: 40,
        products: 40,
        contents: 1,
        distance: 0,
      },
      reason: '40 products with different names have it, and it is drawn with few colours.',
      host: new URL(origin.url).host,
      skus: ['SKU-31', 'SKU-32', 'SKU-33', 'SKU-34', 'SKU-35'],
    });
    const reasons = found.items.flatMap(({ reason }) => reason ?? []);
    assert.ok(reasons.some((reason) => reason.endsWith('it shows nothing.')));
    const copies = found.items.find(({ kind }) => kind === 'shared');
    assert.ok(copies && copies.distance <= 31);
  });

  test('the list has pages, biggest groups first, and may be narrowed', async () => {
    const all: number[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: SamePictures = await get(`same-pictures?limit=2${cursor && `&cursor=${cursor}`}`);
      all.push(...page.items.map(({ group }) => group));
      cursor = page.next_cursor;
    }
    assert.deepEqual(
      all,
      found.items.map(({ group }) => group),
    );
    const images = found.items.map((item) => item.images);
    assert.deepEqual(
      images,
      images.toSorted((a, b) => b - a),
    );
    const wide = await get<SamePictures>('same-pictures?min_products=30');
    assert.deepEqual(
      wide.items.map(({ images: count }) => count),
      [40, 30],
    );
    assert.deepEqual(wide.counts, found.counts);
  });

  test('the CSV has a line for each image', async () => {
    const response = await fetch(`${batch.links.self}/same-pictures.csv?kind=twice`);
    assert.match(response.headers.get('content-disposition') ?? '', /catalog-same-pictures\.csv/);
    const lines = parse<Record<string, string>>(await response.text(), { columns: true });
    const twice = found.items.filter(({ kind }) => kind === 'twice');
    assert.deepEqual(
      lines.map(({ group, kind, sku, position }) => [Number(group), kind, sku, position]),
      twice.flatMap(({ group, skus: [sku] }) => [
        [group, 'twice', sku, '1'],
        [group, 'twice', sku, '3'],
      ]),
    );
    const all = await (await fetch(`${batch.links.self}/same-pictures.csv`)).text();
    assert.equal(
      all.trim().split('\n').length - 1,
      found.items.reduce((sum, { images }) => sum + images, 0),
    );
  });

  test('images and sheet show the images of a group', async () => {
    const [sign] = found.items;
    for (const what of ['images', 'sheet']) {
      const page = await get<{ items: { slot: number }[] }>(`${what}?group=${sign?.group}&limit=1000`);
      assert.deepEqual(
        page.items.map(({ slot }) => slot),
        Array.from({ length: 40 }, (_, i) => 31 + i),
      );
      assert.deepEqual((await get<{ items: [] }>(`${what}?group=999`)).items, []);
    }
    const failed = await get<{ items: [] }>(`images?group=${sign?.group}&state=failed`);
    assert.deepEqual(failed.items, []);
  });

  test('channels that forbid it say what is a placeholder, and what stands twice', async () => {
    type Summary = { rules: { rule: string; passed: number; failed: number; unknown: number }[] };
    const counted = async (channel: string, rule: string) => {
      const { rules } = await get<Summary>(`check?channel=${channel}`);
      const found = rules.find((one) => one.rule === rule);
      return found && [found.passed, found.failed, found.unknown];
    };
    const images = batch.counts.completed;
    assert.deepEqual(await counted('ebay', 'placeholder'), [images - 76, 76, 0]);
    assert.deepEqual(await counted('google', 'placeholder'), [images - 76, 76, 0]);
    assert.deepEqual(await counted('tiktok', 'twice'), [images - 6, 6, 0]);
  });

  test('a retry replaces the groups when it has ended; a deleted batch leaves none', async () => {
    isBroken = true;
    const csv = `SKU,Name,Images\nA,Cup,{origin}/p/77.jpg {origin}/again/0.jpg\n`.replaceAll(
      '{origin}',
      origin.url,
    );
    const before = await ended(csv);
    assert.deepEqual((await untilGrouped(before)).items, []);
    isBroken = false;
    const retried = await fetch(before.links.retry, { method: 'POST' });
    assert.equal(retried.status, 202, await retried.text());
    const again = await untilEnded(before.links.self);
    assert.equal(again.counts.completed, 2);
    const { items } = await untilGrouped(again);
    assert.deepEqual(
      items.map(({ kind, images }) => [kind, images]),
      [['twice', 2]],
    );
    await fetch(before.links.self, { method: 'DELETE' });
    const { db } = openDatabase(database);
    const { rows } = await sql<{ groups: number }>`
      select count(*) as groups from batch_looks where batch_id not in (select batch_id from batches)`.execute(
      db,
    );
    await db.destroy();
    assert.equal(rows[0]?.groups, 0);
  });
});
