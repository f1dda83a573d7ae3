import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathOf } from '../../src/storage/disk-paths.ts';
import { adoptOldLayout } from '../../src/storage/old-layout.ts';
import { newFolder } from '../support/folder.ts';

test('files of the first version are found under their keys, also when several processes move them', async () => {
  await using folder = await newFolder();
  const token = '0123456789abcdef0123456789abcdef';
  const keys = Array.from({ length: 40 }, (_, i) => `${token}/${String(i).padStart(16, '0')}/full.jpg`);
  for (const key of keys) {
    await mkdir(join(folder.path, key, '..'), { recursive: true });
    await writeFile(join(folder.path, key), key);
  }
  const moved = await Promise.all([1, 2, 3].map(() => adoptOldLayout(folder.path)));
  assert.equal(
    moved.reduce((sum, count) => sum + count),
    keys.length,
  );
  for (const key of keys) assert.equal(await readFile(pathOf(folder.path, key), 'utf8'), key);
  assert.equal(await adoptOldLayout(folder.path), 0);
});
