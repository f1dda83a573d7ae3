import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { newFolder } from '../support/folder.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');

/** The machine's own PATH, without the pinned Node that `npm test` puts first. */
const PATH = (process.env['PATH'] ?? '')
  .split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':');
const env = { PATH, HOME: process.env['HOME'] ?? '' };

test('the packed package, installed into an empty folder, runs `minilab process` and takes no .ts along', async () => {
  await using folder = await newFolder();
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder.path], {
    cwd: ROOT,
    env,
  });
  const [packed] = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))) as {
    filename: string;
    files: { path: string }[];
  }[];
  assert.ok(packed);
  const sources = packed.files.filter(({ path }) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  assert.deepEqual(sources, []);
  await writeFile(join(folder.path, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${packed.filename}`], {
    cwd: folder.path,
    env,
  });
  await writeFile(join(folder.path, 'photo.jpg'), photo(PHOTO_NAMES[0] ?? ''));
  await writeFile(join(folder.path, 'c.csv'), 'Image\nphoto.jpg\n');
  const minilab = join(folder.path, 'node_modules', '.bin', 'minilab');
  await run(minilab, ['process', 'c.csv'], { cwd: folder.path, env });
  assert.deepEqual((await readdir(join(folder.path, 'output'))).toSorted(), [
    '1-1-full.jpg',
    '1-1-thumb.jpg',
    'output.csv',
  ]);
});
