/** The whole job with files in a bucket: no folder of this machine has any. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
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
import { smallPicture } from '../support/pictures.ts';
import { type S3, startS3 } from '../support/s3.ts';
import { until } from '../support/until.ts';
import { readZip } from '../support/zip.ts';

type Reusing = Batch & { reused: number };

const IMAGES = 30;

describe('a catalogue whose files lie in a bucket', () => {
  const stack = new AsyncDisposableStack();
  let folder: Folder;
  let s3: S3;
  let origin: Origin;
  let minilab: Running;
  let settings: Record<string, string>;
  before(async () => {
    folder = stack.use(await newFolder());
    s3 = stack.use(await startS3());
    const pictures = await Promise.all(Array.from({ length: IMAGES }, (_, i) => smallPicture(i)));
    origin = stack.use(await startOrigin((path) => pictures[Number(path.slice(1).split('?')[0])]));
    settings = { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase(), ...s3.settings };
    minilab = stack.use(await startMinilab('serve', settings));
  });
  after(() => stack.disposeAsync());

  const puts = (): number =>
    s3.requests.filter(({ operation, key }) => operation === 'PUT' && !key.includes('.minilab')).length;

  async function run(query = ''): Promise<Reusing> {
    const urls = Array.from({ length: IMAGES }, (_, i) => `${i},Thing,${origin.url}/${i}${query}`);
    const csv = ['S. No.,Product Name,Input Image Urls', ...urls, ''].join('\n');
    const accepted = await json<Batch>(upload(minilab.url, csv, { preset: 'web' }));
    return (await untilEnded(accepted.links.self)) as Reusing;
  }

  async function urlsOf({ links }: Batch): Promise<string[]> {
    const [, ...rows]: string[][] = parse(await (await fetch(links.output_csv)).text());
    return rows.flatMap((row) => row.filter((cell) => cell.includes('/files/')));
  }

  test('every output opens, the ZIP has them all, a second batch stores nothing, and deleting both removes all', async () => {
    const first = await run();
    assert.equal(first.state, 'completed');
    const urls = await urlsOf(first);
    assert.equal(urls.length, s3.objects.fileKeys.length);
    assert.ok(urls.length >= IMAGES);
    assert.equal(puts(), urls.length, 'each file is sent once');
    assert.equal(existsSync(join(folder.path, 'files')), false);
    const served = new Set<string>();
    for (const url of urls) {
      const file = await fetch(url);
      assert.equal(file.headers.get('content-type'), 'image/jpeg');
      const content = Buffer.from(await file.arrayBuffer());
      const key = `some/place/${url.slice(url.indexOf('/files/') + '/files/'.length)}`;
      assert.ok(s3.objects.get(key)?.body.equals(content));
      served.add(createHash('sha256').update(content).digest('hex'));
    }
    const archive = await fetch(`${first.links.self}/images.zip`);
    const files = await readZip(Buffer.from(await archive.arrayBuffer()));
    files.delete('output.csv');
    const zipped = [...files.values()].map((content) => createHash('sha256').update(content).digest('hex'));
    assert.deepEqual(new Set(zipped), served);
    assert.equal(zipped.length, urls.length);

    s3.requests.length = 0;
    const again = await run();
    const moved = await run('?moved');
    assert.deepEqual([again.reused, moved.reused], [IMAGES, IMAGES]);
    assert.deepEqual(await urlsOf(moved), urls);
    assert.equal(puts(), 0);
    const heads = s3.requests.filter(({ operation }) => operation === 'HEAD');
    assert.equal(heads.length, 2 * urls.length, 'one look a file and batch');

    for (const { links } of [first, again, moved])
      assert.equal((await fetch(links.self, { method: 'DELETE' })).status, 204);
    await until(() => s3.objects.fileKeys.length === 0, 60_000, 'the purge');
    assert.ok(s3.requests.some(({ operation }) => operation === 'DELETE_MANY'));
  });

  test('files that nobody refers to are found and removed by sweep-storage', async () => {
    const batch = await run('?swept');
    const kept = s3.objects.fileKeys;
    const [first = ''] = kept;
    const orphan = first.replace(/\/[0-9a-v]{16}\//, '/0000000000000000/');
    s3.objects.set(orphan, Buffer.from('left'));
    const swept = await runMinilab(['sweep-storage', '--older-than', '0s'], { settings });
    assert.equal(swept.code, 0, swept.err);
    assert.deepEqual(s3.objects.fileKeys, kept);
    assert.equal(batch.state, 'completed');
  });
});

test('doctor says what is wrong with a bucket', async () => {
  await using folder = await newFolder();
  await using s3 = await startS3({ region: 'eu-west-1' });
  const settings = { DATA_DIR: folder.path, DATABASE_URL: 'postgres://127.0.0.1:1/none' };
  const wrong = { ...settings, ...s3.settings, S3_REGION: 'us-east-1' };
  const { out } = await runMinilab(['doctor'], { settings: wrong });
  assert.match(out, /^WRONG storage: .*another region than us-east-1: set S3_REGION=eu-west-1/m);
});
