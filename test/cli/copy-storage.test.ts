import assert from 'node:assert/strict';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { newFolder } from '../support/folder.ts';
import { runMinilab } from '../support/minilab.ts';

test('copy-storage refuses a source without files, and makes no target for it', async () => {
  await using folder = await newFolder();
  await mkdir(join(folder.path, 'data', 'files'), { recursive: true });
  for (const from of ['data', 'file:///srv/a%2Fb']) {
    const { code, err } = await runMinilab(['copy-storage', from, 'to'], { cwd: folder.path });
    assert.equal(code, 1, err);
    assert.match(err, /FROM (has no files of Minilab|is "file:.* must be a URL)/);
  }
  await assert.rejects(access(join(folder.path, 'to')));
});
