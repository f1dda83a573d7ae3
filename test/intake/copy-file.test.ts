import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CopyFile } from '../../src/intake/copy-file.ts';
import { newFolder } from '../support/folder.ts';

test('lines are written in order and whole, whatever their length and characters', async () => {
  await using folder = await newFolder();
  const path = join(folder.path, 'rows.copy');
  const lines = Array.from({ length: 5_000 }, (_, i) => `${i}\t${'ä€🙂'.repeat(i % 97)}\n`);
  lines.splice(2_000, 0, `${'€'.repeat(2 ** 20)}\n`); // longer than what is written together
  {
    await using file = await CopyFile.create(path);
    for (const line of lines) {
      file.add(line);
      if (file.isFull()) await file.flush();
    }
  }
  assert.equal(await readFile(path, 'utf8'), lines.join(''));
});
