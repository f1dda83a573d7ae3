import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { fromBufferPromise } from 'yauzl';
import { openScratchFile } from '../../src/results/scratch.ts';
import { zip, type ZipEntry } from '../../src/results/zip.ts';
import { newFolder } from '../support/folder.ts';
import { readZip } from '../support/zip.ts';

const MODIFIED_AT = new Date('2026-11-22T13:14:16Z');

function entry(name: string, text: string): ZipEntry {
  const content = Buffer.from(text);
  return {
    name,
    modifiedAt: MODIFIED_AT,
    size: content.length,
    checksum: crc32(content),
    content: [content],
  };
}

async function archiveOf(entries: Iterable<ZipEntry>): Promise<Buffer> {
  await using folder = await newFolder();
  await using directory = await openScratchFile(folder.path);
  assert.deepEqual(await readdir(folder.path), [], 'a scratch file has no name');
  return Buffer.concat(await Array.fromAsync(zip(entries, directory)));
}

test('an archive holds its files under their names of any language, with their time', async () => {
  const entries = [entry('größe/фото-漢.jpg', 'one'), entry('empty', ''), entry('b', 'two')];
  const bytes = await archiveOf(entries);
  const files = await readZip(bytes);
  assert.deepEqual(
    [...files].map(([name, content]) => [name, content.toString()]),
    [
      ['größe/фото-漢.jpg', 'one'],
      ['empty', ''],
      ['b', 'two'],
    ],
  );
  for await (const file of (await fromBufferPromise(bytes)).eachEntry())
    assert.deepEqual(file.getLastModDate({ timezone: 'UTC' }), MODIFIED_AT);
});

test('an archive without files is valid', async () => {
  assert.equal((await readZip(await archiveOf([]))).size, 0);
});

test('an archive may hold more than 65,535 files', async () => {
  const entries = Array.from({ length: 70_000 }, (_, i) => entry(`${i}.txt`, String(i)));
  const files = await readZip(await archiveOf(entries));
  assert.equal(files.size, 70_000);
  assert.equal(files.get('69999.txt')?.toString(), '69999');
});
