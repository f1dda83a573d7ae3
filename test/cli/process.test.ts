import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { newSecret } from '../../src/webhooks/signing.ts';
import { cutOut as boxOnPlain } from '../support/catalogue.ts';
import { cutOut } from '../support/cut-outs.ts';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { runMinilab } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';
import { startReceiver } from '../support/receiver.ts';
import { sheetRows } from '../support/sheet.ts';

type Result = {
  batch: string | null;
  state: string | null;
  reused: number | null;
  counts: { completed: number } | null;
  output_csv: string | null;
  output: string | null;
  code?: string;
  error_count?: number;
  errors?: { line: number; code: string }[];
};

/** A folder and a database of its own for a test. */
async function newPlace() {
  return { ...(await newFolder()), database: await migratedDatabase() };
}

async function process(
  folder: Folder & { database: string; settings?: Record<string, string> },
  csv: string,
  ...more: string[]
) {
  await writeFile(join(folder.path, 'c.csv'), csv);
  const { code, out, err } = await runMinilab(['process', 'c.csv', '--json', ...more], {
    settings: { DATA_DIR: 'data', DATABASE_URL: folder.database, WORKER_CORES: '1', ...folder.settings },
    cwd: folder.path,
  });
  return { code, err, result: JSON.parse(out.trim().split('\n').at(-1) ?? '') as Result };
}

test('`process --json` prints its one object also if the CSV has errors, or if nothing was started', async () => {
  await using folder = await newPlace();
  const invalid = await process(folder, 'Image\nftp://a/1.jpg\nhttps://a/1.jpg\nftp://b/1.jpg\n');
  assert.equal(invalid.code, 2);
  assert.partialDeepStrictEqual(invalid.result, {
    ...{ batch: null, state: null, counts: null, output_csv: null },
    ...{ code: 'csv_invalid', error_count: 2, errors: [{ line: 2 }, { line: 4 }] },
  });
  const unknown = await process(folder, 'Image\nhttps://a/1.jpg\n', '--preset', 'nope');
  assert.equal(unknown.code, 1);
  assert.equal(unknown.result.code, 'not_found');
  for (const command of ['check', 'inspect']) {
    const { code, out } = await runMinilab([command, 'none', '--json'], { cwd: folder.path });
    assert.equal(code, 1);
    assert.partialDeepStrictEqual(JSON.parse(out), { ok: false, code: 'file_unreadable' });
  }
});

test('a run into the folder of an earlier run leaves exactly its own images, says so, and touches no other file', async () => {
  await using folder = await newPlace();
  for (const name of ['1.jpg', '2.jpg', '3.jpg'])
    await writeFile(join(folder.path, name), await smallPicture(Number.parseInt(name, 10)));
  const out = join(folder.path, 'output');
  const template = ['--name-template', '{sku}/{rendition}'];
  const first = await process(folder, 'SKU,Image\nA,1.jpg\nB,2.jpg\nC,3.jpg\n', ...template);
  assert.equal(first.code, 0, first.err);
  assert.doesNotMatch(first.err, /earlier run/);
  assert.deepEqual((await readdir(out)).toSorted(), ['A', 'B', 'C', 'output.csv']);
  await writeFile(join(out, 'C', 'notes.txt'), 'mine');
  await writeFile(join(out, 'mine.jpg'), 'mine');

  const json = '[{"SKU": "A", "Image": "1.jpg"}, {"SKU": "C", "Image": "gone.jpg"}]';
  const second = await process(folder, json, ...template, '--output', 'table.xlsx');
  assert.equal(second.code, 3, second.err);
  assert.equal(second.result.output, join(out, 'table.xlsx'));
  const [, made] = await sheetRows(await readFile(join(out, 'table.xlsx')), 6);
  assert.deepEqual(made, ['A', '1.jpg', 'A/full.jpg', 'A/thumb.jpg', 'completed', '']);
  assert.match(second.err, /output holds an earlier run\. Its output\.csv is replaced/);
  assert.match(second.err, /4 images of the earlier run were removed/);
  assert.deepEqual((await readdir(out)).toSorted(), ['A', 'C', 'mine.jpg', 'output.csv', 'table.xlsx']);
  assert.deepEqual(await readdir(join(out, 'C')), ['notes.txt']);
  assert.deepEqual((await readdir(join(out, 'A'))).toSorted(), ['full.jpg', 'thumb.jpg']);
});

test('an output.csv that names files elsewhere removes none of them', async () => {
  await using folder = await newPlace();
  const out = join(folder.path, 'output');
  await mkdir(join(folder.path, 'elsewhere'));
  await mkdir(out);
  const victims = [join(folder.path, 'a.jpg'), join(folder.path, 'elsewhere', 'b.jpg')];
  for (const path of victims) await writeFile(path, await smallPicture(7));
  await symlink(join(folder.path, 'elsewhere'), join(out, 'link'));
  await writeFile(
    join(out, 'output.csv'),
    `Image,Output Image Urls\nx,../a.jpg\nx,link/b.jpg\nx,${join(folder.path, 'a.jpg')}\nx,"broken`,
  );
  const { code, err } = await process(folder, 'Image\na.jpg\n');
  assert.equal(code, 0, err);
  for (const path of victims) assert.ok((await readFile(path)).length > 0);
});

test('with --fresh-for a later run requests nothing that is fresh, and reports what it reused; local files are read again', async () => {
  await using folder = await newPlace();
  await using origin = await startOrigin((path) =>
    path === '/a' ? picture : path === '/b' ? other : undefined,
  );
  const [picture, other, third] = await Promise.all([1, 2, 3].map((n) => smallPicture(n)));
  assert.ok(picture && other && third);
  await writeFile(join(folder.path, 'local.jpg'), third);
  const csv = (...images: string[]): string => `Image\n${images.join('\n')}\n`;
  const urls = [`${origin.url}/a`, `${origin.url}/a`, 'local.jpg'];
  const first = await process(folder, csv(...urls), '--fresh-for', '1h');
  assert.equal(first.code, 0, first.err);
  assert.equal(first.result.reused, 1, 'the URL that is repeated');
  await writeFile(join(folder.path, 'local.jpg'), other);
  const second = await process(
    folder,
    csv(...urls, `${origin.url}/b`),
    '--fresh-for',
    '1h',
    '--out',
    'again',
  );
  assert.equal(second.code, 0, second.err);
  assert.deepEqual(
    origin.requests,
    new Map([
      ['/a', 1],
      ['/b', 1],
    ]),
  );
  assert.equal(second.result.counts?.completed, 4);
  assert.ok((second.result.reused ?? 0) >= 2);
  const again = join(folder.path, 'again');
  assert.ok(
    (await readFile(join(again, '3-1-full.jpg'))).equals(await readFile(join(again, '4-1-full.jpg'))),
  );
  const anew = await process(folder, csv(...urls));
  assert.equal(anew.result.reused, 1);
  assert.equal(origin.requests.get('/a'), 2);
});

test('`process --main-preset` makes the first image of each product by another preset', async () => {
  await using folder = await newPlace();
  for (const name of ['1.jpg', '2.jpg'])
    await writeFile(join(folder.path, name), await boxOnPlain({ width: 200, height: 200 }));
  const own = { renditions: [{ name: 'square', fit: 'contain', width: 90, height: 90 }] };
  await writeFile(join(folder.path, 'own.json'), JSON.stringify(own));
  const csv = 'SKU,Image 1,Image 2\nA,1.jpg,2.jpg\nB,,2.jpg\n';
  const made = await process(folder, csv, '--main-preset', 'own.json', '--apparel', '--check', 'google');
  assert.equal(made.code, 0, made.err);
  assert.match(made.err, /Google Shopping, sources, rules of .*: 0 pass, 0 warn, 3 fail,/, 'it is apparel');
  assert.match(made.err, /Google Shopping, outputs \(full, square\), rules of/);
  const files = ['A-1-square.jpg', 'A-2-full.jpg', 'A-2-thumb.jpg', 'B-2-full.jpg', 'B-2-thumb.jpg'];
  assert.deepEqual((await readdir(join(folder.path, 'output'))).toSorted(), [...files, 'output.csv']);
  assert.match(
    await readFile(join(folder.path, 'output', 'output.csv'), 'utf8'),
    /^A,1\.jpg,2\.jpg,"A-1-square\.jpg,A-2-full\.jpg",",A-2-thumb\.jpg",completed,\r?$/m,
  );
  const unknown = await process(folder, csv, '--main-preset', 'nope');
  assert.deepEqual([unknown.code, unknown.result.code], [1, 'not_found']);
  assert.match(unknown.err, /There is no preset "nope"/);
});

test('`--placeholder` fails images that look like a file, and `--placeholders warn` makes them', async () => {
  await using folder = await newPlace();
  const sign = await cutOut(99, 400);
  await writeFile(join(folder.path, 'sign.png'), sign);
  await writeFile(
    join(folder.path, 'copy.jpg'),
    await sharp(sign).resize(200).jpeg({ quality: 40 }).toBuffer(),
  );
  await writeFile(join(folder.path, 'product.png'), await cutOut(1, 400));
  await writeFile(join(folder.path, 'text.png'), 'no picture');
  const csv = 'Image\ncopy.jpg\nproduct.png\nsign.png\n';
  const failing = await process(folder, csv, '--placeholder', 'product.png', '--placeholder', 'sign.png');
  assert.equal(failing.code, 3);
  assert.match(failing.err, /sign for a missing picture/);
  assert.partialDeepStrictEqual(failing.result, { state: 'failed', counts: { completed: 0 } });
  const warned = await process(folder, csv, '--placeholder', 'sign.png', '--placeholders', 'warn');
  assert.partialDeepStrictEqual(warned.result, { state: 'completed', counts: { completed: 3 } });
  const wrong = await process(folder, csv, '--placeholder', 'text.png');
  assert.partialDeepStrictEqual(wrong.result, { code: 'file_unreadable' });
});

test('WEBHOOK_URL is told of a batch that ends as it is accepted', async () => {
  await using place = await newPlace();
  await using receiver = await startReceiver();
  const webhook = { WEBHOOK_URL: `${receiver.url}/hook`, WEBHOOK_SECRET: newSecret() };
  const settings = { ...webhook, ALLOWED_PORTS: new URL(receiver.url).port };
  const run = await process({ ...place, settings }, 'Image\nftp://a/1.jpg\n', '--on-invalid', 'skip');
  assert.partialDeepStrictEqual(run, {
    code: 3,
    result: { state: 'failed', webhook: { state: 'delivered' } },
  });
  assert.deepEqual(
    receiver.received.map(({ type }) => type),
    ['batch.failed'],
  );
});

test('what the end of a run would refuse is refused at its start, by the names of the flags', async () => {
  await using folder = await newPlace();
  await mkdir(join(folder.path, 'o', 'table.xlsx'), { recursive: true });
  const cases: [string[], RegExp][] = [
    [['--deadline-hours', '999'], /^The request is not valid: --deadline-hours: It must be 168 or less\.\n$/],
    [['--fresh-for', 'soon'], /^The request is not valid: --fresh-for "soon" is not [^\n]*\n$/],
    [['--out', 'o', '--output', 'table.xlsx'], /table\.xlsx is a folder/],
  ];
  for (const [flags, said] of cases) {
    const { code, err } = await process(folder, 'Image\n1.jpg\n', ...flags);
    assert.equal(code, 1);
    assert.match(err, said);
  }
  assert.deepEqual(await readdir(join(folder.path, 'o')), ['table.xlsx']);
});
