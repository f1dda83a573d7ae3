/** A storage moves from a folder into a bucket and back, with a worker running, and no result is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openOutputs, startCatalogue } from '../support/catalogue-run.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { runMinilab, startMinilab } from '../support/minilab.ts';
import { startS3 } from '../support/s3.ts';
import { filesInBucket, filesInFolder, type StoredFiles } from '../support/stored-files.ts';

const IMAGES = 8; // of each batch

for (const [name, openFrom, openTo] of [
  ['from a folder to a bucket', filesInFolder, filesInBucket],
  ['from a bucket to a folder', filesInBucket, filesInFolder],
] as const)
  test(name, async () => {
    await using folder = await newFolder();
    await using catalogue = await startCatalogue(3 * IMAGES);
    await using from = await openFrom();
    await using to = await openTo();
    const database = { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() };
    const copy = () => copyStorage(from, to, folder.path);
    const batches: string[] = [];
    const runNext = async (url: string): Promise<void> => {
      const start = batches.length * IMAGES;
      batches.push((await catalogue.run(url, start, start + IMAGES)).id);
    };
    {
      await using minilab = await startMinilab('serve', { ...database, ...from.settings });
      await runNext(minilab.url);
      await Promise.all([copy(), runNext(minilab.url)]);
      await runNext(minilab.url);
    }
    const all = await from.keys();
    const [lost = ''] = await to.keys();
    await to.remove(lost);
    const missing = all.length - (await to.keys()).length;
    assert.ok(missing > IMAGES);
    assert.match(await copy(), new RegExp(`^${missing} files copied`));
    assert.match(await copy(), new RegExp(`^0 files copied .* ${all.length} were there`));
    assert.deepEqual(await to.keys(), all);

    for (const name of Object.keys({ ...from.settings, ...to.settings }).filter(isShared)) {
      const { code, err } = await runMinilab(['settings', 'unset', name], { settings: database });
      assert.equal(code, 0, err); // the next process says where all of them store files
    }
    await using minilab = await startMinilab('serve', { ...database, ...to.settings });
    for (const key of all) await from.remove(key);
    const opened = await Promise.all(batches.map((id) => openOutputs(minilab.url, id)));
    assert.deepEqual(opened.flat().toSorted(), all);
    const verified = await runMinilab(['verify', '--deep'], { settings: { ...database, ...to.settings } });
    assert.equal(verified.code, 0, verified.err);
  });

function isShared(name: string): boolean {
  return name === 'STORAGE_URL' || name.startsWith('S3_');
}

async function copyStorage(from: StoredFiles, to: StoredFiles, dataDir: string): Promise<string> {
  const urls = [from, to].map(({ settings: { STORAGE_URL = '' } }) => STORAGE_URL);
  const settings = { ...from.settings, ...to.settings, DATA_DIR: dataDir };
  const { code, err } = await runMinilab(['copy-storage', ...urls], { settings });
  assert.equal(code, 0, err);
  return err;
}

test('to another prefix of a bucket; a key with another content stays as it is, and is named', async () => {
  await using folder = await newFolder();
  await using s3 = await startS3();
  const settings = { ...s3.settings, DATA_DIR: folder.path };
  const set = 'f'.repeat(32);
  const keys = Array.from({ length: 30 }, (_, i) => `${set}/${String(i).padStart(16, '0')}/full.jpg`);
  for (const key of keys) s3.objects.set(`old/${key}`, Buffer.from(`picture ${key}`));
  s3.objects.set('old/notes.txt', Buffer.from('not ours'));
  s3.objects.set(`new/place/${keys[3]}`, Buffer.from('another one'));
  const copied = await runMinilab(['copy-storage', 's3://pictures/old', 's3://pictures/new/place/'], {
    settings,
  });
  assert.deepEqual([copied.code, copied.out], [3, `different  ${keys[3]}\n`], copied.err);
  assert.match(copied.err, /^29 files copied/);
  for (const key of keys.filter((_, i) => i !== 3))
    assert.equal(s3.objects.get(`new/place/${key}`)?.body.toString(), `picture ${key}`);
  assert.equal(s3.objects.get(`new/place/${keys[3]}`)?.body.toString(), 'another one');
  assert.equal(s3.objects.get('new/place/notes.txt'), undefined);

  const same = await runMinilab(['copy-storage', 's3://pictures/old', 's3://pictures/old/'], { settings });
  assert.match(same.err, /FROM and TO are the same storage/);
  const wrong = await runMinilab(['copy-storage', 'ftp://pictures/old', 's3://pictures/new'], { settings });
  assert.match(wrong.err, /FROM is "ftp:/);
});
