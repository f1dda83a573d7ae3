import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import sharp from 'sharp';
import { migratedDatabase } from '../support/database.ts';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';
import { OUTPUT_FORMATS } from '../../src/presets/spec.ts';
import { newFolder, type Folder } from '../support/folder.ts';
import {
  type Batch,
  json,
  runMinilab,
  type Running,
  startMinilab,
  untilEnded,
  upload,
} from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES, visualDistance } from '../support/pictures.ts';

const PHOTO = photo(PHOTO_NAMES[4] ?? ''); // 3088 x 2056

describe('presets of one’s own, and what rows choose', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  before(async () => {
    folder = await newFolder();
    origin = await startOrigin(() => PHOTO);
    minilab = await startMinilab('serve', { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(minilab.url + path, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });

  test('a preset is made, read, replaced and removed; a built-in one is not touched', async () => {
    const square = {
      description: 'A square',
      renditions: [{ name: 'sq', fit: 'cover', width: 300, height: 300 }],
    };
    assert.equal((await ask('PUT', '/v1/presets/square', square)).status, 200);
    const found = await json<Record<string, unknown>>(await ask('GET', '/v1/presets/square'));
    assert.partialDeepStrictEqual(found, {
      name: 'square',
      built_in: false,
      renditions: [{ quality: 80, format: 'jpeg' }],
    });
    const list = await json<{ items: { name: string; built_in: boolean }[] }>(
      await ask('GET', '/v1/presets'),
    );
    const names = new Set(list.items.map((preset) => preset.name));
    for (const name of [
      'web',
      'half-quality',
      'web-modern',
      'amazon',
      'google',
      'walmart',
      'ebay',
      'etsy',
      'shopify',
    ])
      assert.ok(names.has(name), name);
    assert.equal(list.items.find((preset) => preset.name === 'web')?.built_in, true);

    assert.equal((await ask('PUT', '/v1/presets/web', square)).status, 409);
    assert.equal((await ask('DELETE', '/v1/presets/web')).status, 409);
    assert.equal((await ask('DELETE', '/v1/presets/square')).status, 204);
    assert.equal((await ask('DELETE', '/v1/presets/square')).status, 404);
    assert.equal((await ask('GET', '/v1/presets/square')).status, 404);
  });

  test('everything that is wrong with a preset is told at once, with its place', async () => {
    const response = await ask('PUT', '/v1/presets/Wrong', {
      renditions: [
        { name: 'a', fit: 'cover', width: 300, format: 'jpeg', background: 'transparent' },
        { name: 'a', format: 'png', quality: 50 },
        { name: 'b', format: 'webp', animated: true, max_bytes: 1000 },
      ],
    });
    assert.equal(response.status, 422);
    const { code, errors } = await json<{ code: string; errors: { at: string; detail: string }[] }>(response);
    assert.equal(code, 'preset_invalid');
    assert.deepEqual(
      errors.map((error) => error.at),
      [
        '/name',
        '/renditions/0/fit',
        '/renditions/0/background',
        '/renditions/1/quality',
        '/renditions/1/name',
        '/renditions/2/max_bytes',
      ],
    );
    const shape = await ask('PUT', '/v1/presets/wrong', {
      renditions: [{ name: 'A', width: 0, hight: 3, format: 'bmp' }],
    });
    const shapeErrors = await json<{ errors: { at: string; detail: string }[] }>(shape);
    const told = JSON.stringify(shapeErrors.errors);
    for (const part of ['/renditions/0/name', '/renditions/0/width', 'hight', OUTPUT_FORMATS.join(', ')])
      assert.ok(told.includes(part), `${part} in ${told}`);
  });

  test('rows choose preset, size, quality and format, and their URLs stand in the right columns', async () => {
    const square = {
      renditions: [
        { name: 'sq', fit: 'cover', width: 300, height: 300 },
        { name: 'tiny', width: 40 },
      ],
    };
    assert.equal((await ask('PUT', '/v1/presets/square', square)).status, 200);
    const csv = [
      'SKU,Image,Preset,Width,Height,Quality,Format',
      `A,${origin.url}/1,,,,,`,
      `B,${origin.url}/1,square,,,,`,
      `C,${origin.url}/1,,500,,,`,
      `D,${origin.url}/1,square,200,100,30,webp`,
      `E,${origin.url}/1,,,,,PNG`,
      '',
    ].join('\n');
    const accepted = await json<Batch>(await upload(minilab.url, csv));
    const ended = await untilEnded(accepted.links.self);
    assert.equal(ended.state, 'completed');
    const records: Record<string, string>[] = parse(await (await fetch(ended.links.output_csv)).text(), {
      columns: true,
    });
    const columns = Object.keys(records[0] ?? {});
    assert.deepEqual(columns.slice(-5), [
      'Output Image Urls',
      'Output Image Urls (thumb)',
      'Output Image Urls (tiny)',
      'Status',
      'Errors',
    ]);
    const seen = await Promise.all(
      records.map(async (record) => {
        const main = Buffer.from(await (await fetch(record['Output Image Urls'] ?? '')).arrayBuffer());
        const { width, height, format } = await sharp(main).metadata();
        const others = ['thumb', 'tiny'].map((name) => (record[`Output Image Urls (${name})`] ? name : ''));
        return [record['SKU'], width, height, format, ...others];
      }),
    );
    assert.deepEqual(seen, [
      ['A', 1600, 1065, 'jpeg', 'thumb', ''],
      ['B', 300, 300, 'jpeg', '', 'tiny'],
      ['C', 500, 333, 'jpeg', 'thumb', ''],
      ['D', 200, 100, 'webp', '', 'tiny'],
      ['E', 1600, 1065, 'png', 'thumb', ''],
    ]);
    assert.equal(new Set(records.map((record) => record['Output Image Urls'])).size, 5);
  });

  test('a choice that cannot be is an error with its line and column, and nothing is stored', async () => {
    const csv = [
      'SKU,Image,Preset,Width,Quality,Format',
      `A,${origin.url}/1,nope,12.5,101,constructor`,
      '',
    ].join('\n');
    const columns = '{"width":"Width","quality":"Quality","format":"Format"}';
    const response = await upload(minilab.url, csv, { columns });
    assert.equal(response.status, 422);
    const { errors } = await json<{ errors: { line: number; column: number; code: string }[] }>(response);
    assert.deepEqual(
      errors.map(({ line, column, code }) => [line, column, code]),
      [
        [2, 3, 'unknown_preset'],
        [2, 4, 'invalid_width'],
        [2, 5, 'invalid_quality'],
        [2, 6, 'invalid_format'],
      ],
    );
  });
});

test('`presets` and `inspect` on the command line; `process` takes a preset of a file', async () => {
  await using folder = await newFolder();
  const database = await migratedDatabase();
  const settings = { DATA_DIR: join(folder.path, 'data'), DATABASE_URL: database, WORKER_CORES: '1' };
  const run = (...args: string[]) => runMinilab(args, { settings, cwd: folder.path });
  await writeFile(join(folder.path, 'photo.jpg'), PHOTO);
  await writeFile(join(folder.path, 'catalog.csv'), 'SKU,Image\nA,photo.jpg\n');
  await writeFile(
    join(folder.path, 'mini.json'),
    JSON.stringify({ renditions: [{ name: 'mini', width: 90, height: 90, format: 'webp' }] }),
  );
  await writeFile(
    join(folder.path, 'wrong.json'),
    JSON.stringify({ renditions: [{ name: 'mini', width: 0 }] }),
  );

  const fromFile = await run('process', 'catalog.csv', '--preset', 'mini.json', '--out', 'out');
  assert.equal(fromFile.code, 0, fromFile.err);
  assert.equal((await sharp(join(folder.path, 'out', 'A-1-mini.webp')).metadata()).width, 90);

  const wrong = await run('presets', 'add', 'wrong.json');
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.err, /renditions\/0\/width/);
  assert.equal((await run('presets', 'add', 'mini.json')).code, 0);
  assert.match((await run('presets')).out, /mini +your own +mini inside 90x90 webp q80/);
  const fromDatabase = await run('process', 'catalog.csv', '--preset', 'mini', '--out', 'out2');
  assert.equal(fromDatabase.code, 0, fromDatabase.err);
  assert.equal((await run('presets', 'remove', 'mini')).code, 0);
  const unknown = await run('process', 'catalog.csv', '--preset', 'mini', '--out', 'out3');
  assert.notEqual(unknown.code, 0);
  assert.match(unknown.err, /no preset "mini"/);

  const { code, out } = await run('inspect', 'photo.jpg', '--json');
  assert.equal(code, 0);
  const seen = JSON.parse(out) as {
    format: string;
    width: number;
    presets: { preset: string; ok: boolean }[];
  };
  assert.partialDeepStrictEqual(seen, {
    ok: true,
    format: 'jpeg',
    width: 3088,
    height: 2056,
    colour_space: 'srgb',
    measures: { v: 1, plain: false, object: null, measured: { width: 1600, height: 1065 } },
  });
  assert.equal(seen.presets.length, BUILTIN_PRESETS.length);
  assert.ok(seen.presets.every((preset) => preset.ok));
  assert.match((await run('inspect', 'gone.jpg')).err, /gone\.jpg.* does not exist/);
  const page = await run('inspect', 'catalog.csv', '--json');
  assert.equal(page.code, 3);
  assert.partialDeepStrictEqual(JSON.parse(page.out), { ok: false, code: 'not_an_image' });
  assert.ok((await visualDistance(join(folder.path, 'out', 'A-1-mini.webp'), PHOTO)) < 6);
});
