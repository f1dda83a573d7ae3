import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, open, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig } from '../src/config.ts';
import { makeFolder, NotAFile, openRegularFile } from '../src/files.ts';
import { createGuard } from '../src/net/guard.ts';
import { fetchSource } from '../src/pipeline/download/fetch.ts';
import { ImageProblem } from '../src/pipeline/problems.ts';
import { createSourceFiles } from '../src/pipeline/download/source-files.ts';
import { migratedDatabase } from './support/database.ts';
import { newFolder } from './support/folder.ts';
import { runMinilab } from './support/minilab.ts';
import { photo, PHOTO_NAMES } from './support/pictures.ts';
import { NO_PROC } from './support/processes.ts';

const PHOTO = photo(PHOTO_NAMES[0] ?? '');

/** A folder with one of each kind of what can be read and is no file. */
async function folderOfKinds() {
  const folder = await newFolder();
  const at = (name: string): string => join(folder.path, name);
  execFileSync('mkfifo', [at('pipe.jpg')]);
  await symlink(at('pipe.jpg'), at('link-to-pipe.jpg'));
  await mkdir(at('folder.jpg'));
  const server = createServer().listen(at('socket.jpg'));
  await once(server, 'listening');
  return {
    path: folder.path,
    async [Symbol.asyncDispose]() {
      server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const KINDS = {
  'pipe.jpg': 'it is a named pipe',
  'link-to-pipe.jpg': 'it is a named pipe',
  'folder.jpg': 'it is a folder',
  'socket.jpg': 'it is a socket',
};

test('only regular files are opened for reading, and what is none is named', async () => {
  await using folder = await folderOfKinds();
  for (const [name, kind] of [...Object.entries(KINDS), ['/dev/zero', 'it is a device']] as const) {
    const path = name.startsWith('/') ? name : join(folder.path, name);
    await assert.rejects(
      openRegularFile(path),
      (error) => error instanceof NotAFile && error.message === kind,
    );
  }
  await writeFile(join(folder.path, 'file.jpg'), PHOTO);
  await using file = await openRegularFile(join(folder.path, 'file.jpg'));
  assert.ok((await file.readFile()).equals(PHOTO));
});

test('an image of a CSV’s folder that is a pipe, a socket or a folder is file_not_found, and one larger than is allowed is not read to its end', async () => {
  await using folder = await folderOfKinds();
  await using downloads = await newFolder();
  const guard = createGuard(readConfig({}));
  const files = createSourceFiles(downloads.path);
  const rules = { guard, maxBytes: PHOTO.length, userAgent: 'test', localFolder: folder.path };
  const fetched = async (name: string): Promise<string> => {
    const file = await files.take();
    try {
      await fetchSource(name, file, rules, new AbortController().signal);
      assert.ok((await readFile(file.path)).equals(PHOTO));
      return 'fetched';
    } catch (error) {
      assert.ok(error instanceof ImageProblem);
      return `${error.code}: ${error.detail}`;
    } finally {
      files.giveBack(file);
    }
  };
  for (const [name, kind] of Object.entries(KINDS))
    assert.equal(await fetched(name), `file_not_found: ${name}: ${kind}`);
  await writeFile(join(folder.path, 'photo.jpg'), PHOTO);
  assert.equal(await fetched('photo.jpg'), 'fetched');
  const growing = await open(join(folder.path, 'growing.jpg'), 'w');
  await growing.writeFile(PHOTO);
  await growing.truncate(2 ** 40); // as one that grows without end
  assert.match(await fetched('growing.jpg'), /^source_too_large/);
  await growing.close();
  await files.close();
  await guard.close();
});

test('commands refuse a CSV, an image or a preset that is no regular file, and do not wait for it', async () => {
  await using folder = await folderOfKinds();
  const database = await migratedDatabase();
  for (const args of [
    ['process', 'pipe.jpg'],
    ['check', 'link-to-pipe.jpg'],
    ['inspect', 'socket.jpg'],
    ['presets', 'add', 'pipe.jpg'],
  ]) {
    const { code, err } = await runMinilab(args, {
      cwd: folder.path,
      settings: { DATA_DIR: 'data', DATABASE_URL: database },
    });
    assert.equal(code, 1, err);
    assert.match(err, /is not a file: it is a (named pipe|socket)\. Give the path of an? /, args.join(' '));
  }
});

test(
  'folders are made below each other, also by several at once, and not where there are none',
  { skip: NO_PROC },
  async () => {
    await using folder = await newFolder();
    const deep = join(folder.path, 'a', 'b', 'c');
    await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(folder.path, 'a', 'x'))]);
    assert.ok((await stat(deep)).isDirectory());
    await access(join(folder.path, 'a', 'x'));
    await makeFolder(deep);
    await writeFile(join(folder.path, 'file'), '');
    await assert.rejects(makeFolder(join(folder.path, 'file')), { code: 'EEXIST' });
    await assert.rejects(makeFolder(join(folder.path, 'file', 'x')), { code: 'ENOTDIR' });
    await assert.rejects(makeFolder('/proc/nothing/here'), { code: 'ENOENT' });
  },
);

test(
  'a folder for results or data in which nothing can be made is refused at once',
  { skip: NO_PROC },
  async () => {
    await using folder = await newFolder();
    const database = await migratedDatabase();
    const csv = join(folder.path, 'c.csv');
    await writeFile(csv, 'Image\na.jpg\n');
    await writeFile(join(folder.path, 'a.jpg'), PHOTO);
    for (const out of ['/proc/x', '/proc/x/y', '/dev/null', '/dev/null/x', 'a.jpg']) {
      const { code, err } = await runMinilab(['process', csv, '--out', out], {
        cwd: folder.path,
        settings: { DATA_DIR: 'data', DATABASE_URL: database },
      });
      assert.equal(code, 1, err);
      assert.match(err, /cannot be written: .*Choose another folder with --out/);
    }
    for (const settings of [{ DATA_DIR: '/proc/x' }, { DATA_DIR: 'data', STORAGE_URL: 'file:///proc/x' }]) {
      const { code, err } = await runMinilab(['serve'], { cwd: folder.path, settings });
      assert.equal(code, 1, err);
      assert.match(
        err,
        /\/proc\/x cannot be written: nothing can be created there\. Choose another folder with/,
      );
    }
  },
);
