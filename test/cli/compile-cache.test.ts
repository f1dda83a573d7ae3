import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { newFolder } from '../support/folder.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'minilab.js');
const run = promisify(execFile);

test('a command keeps the compiled program in a folder of its user, and in none that others can write', async () => {
  await using folder = await newFolder();
  await writeFile(join(folder.path, 'c.csv'), 'Image\nhttps://a.example/1.jpg\n');
  const check = async (caches: string): Promise<string[]> => {
    const env = { PATH: process.env['PATH'], HOME: folder.path, XDG_CACHE_HOME: join(folder.path, caches) };
    await run(process.execPath, [LAUNCHER, 'check', 'c.csv'], { env, cwd: folder.path });
    return readdir(join(folder.path, caches, 'minilab', 'compiled'));
  };
  assert.equal((await check('own')).length, 1, 'a folder of this Node and this user');
  await mkdir(join(folder.path, 'shared'));
  await chmod(join(folder.path, 'shared'), 0o777);
  assert.deepEqual(await check('shared'), []);
});
