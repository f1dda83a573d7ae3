import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { newFolder } from '../support/folder.ts';
import { runMinilab } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES, visualDistance } from '../support/pictures.ts';

test('`process` makes the images of URLs and local files, twice the same, and says what failed', async () => {
  await using folder = await newFolder();
  await using origin = await startOrigin((path) =>
    path.startsWith('/photo') ? photo(PHOTO_NAMES[0] ?? '') : undefined,
  );
  await mkdir(join(folder.path, 'shop', 'pictures'), { recursive: true });
  for (const [i, name] of PHOTO_NAMES.slice(1, 4).entries())
    await writeFile(join(folder.path, 'shop', 'pictures', `${i}.jpg`), photo(name));
  await writeFile(join(folder.path, 'secret.jpg'), photo(PHOTO_NAMES[4] ?? ''));
  const file = join(folder.path, 'shop', 'catalog.csv');
  await writeFile(
    file,
    [
      'SKU;Title;Note;Images',
      'A/1;One;"=SUM(A1)";pictures/0.jpg, pictures/1.jpg',
      `a?1;Same name on disk;;${origin.url}/photo`,
      `C;Three;x;pictures/2.jpg|${origin.url}/gone`,
      'D;No image;;',
      'E;Outside;;../secret.jpg',
      '',
    ].join('\r\n'),
  );
  for (let run = 1; run <= 2; run += 1) {
    const { code, out, err } = await runMinilab(['process', file, '--json', '--out', 'result'], {
      settings: { DATA_DIR: join(folder.path, 'data') },
      cwd: folder.path,
    });
    assert.equal(code, 3, err);
    const result = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    assert.equal(result['state'], 'completed_with_errors');
    assert.deepEqual(result['counts'], {
      total: 6,
      pending: 0,
      processing: 0,
      completed: 4,
      failed: 2,
      cancelled: 0,
    });
    assert.deepEqual(result['errors_by_code'], { not_found: 1, file_not_found: 1 });
    const folderOut = join(folder.path, 'result');
    assert.equal(result['output_csv'], join(folderOut, 'output.csv'));
    assert.match(err, /not_found +.*gone +Nothing was found at this address/);

    const records: string[][] = parse(await readFile(join(folderOut, 'output.csv')), { delimiter: ';' });
    assert.deepEqual(
      records.map((record) => [record[0], record[2], record[4], record[6], record[7]]),
      [
        ['SKU', 'Note', 'Output Image Urls', 'Status', 'Errors'],
        ['A/1', "'=SUM(A1)", 'A_1-1-full.jpg, A_1-2-full.jpg', 'completed', ''],
        ['a?1', '', 'a_1-1-full-2.jpg', 'completed', ''],
        ['C', 'x', 'C-1-full.jpg|', 'partial', '2:not_found'],
        ['D', '', '', 'completed', ''],
        ['E', '', '', 'failed', '1:file_not_found'],
      ],
    );
    for (const [name, photoName] of [
      ['A_1-1-full.jpg', PHOTO_NAMES[1]],
      ['A_1-2-full.jpg', PHOTO_NAMES[2]],
      ['a_1-1-full-2.jpg', PHOTO_NAMES[0]],
      ['C-1-full.jpg', PHOTO_NAMES[3]],
    ] as const)
      assert.ok((await visualDistance(join(folderOut, name), photo(photoName ?? ''))) < 10, name);
    assert.equal((await readdir(folderOut)).length, 9);
    assert.deepEqual(
      (await readdir(join(folder.path, 'data'))).toSorted(),
      ['postgres', 'tmp'],
      'nothing else is left',
    );
  }
});

test('two `process` at once on one data folder do not disturb each other', async () => {
  await using folder = await newFolder();
  const runs = ['x', 'y'].map(async (name, i) => {
    await mkdir(join(folder.path, name));
    await writeFile(join(folder.path, name, 'p.jpg'), photo(PHOTO_NAMES[i] ?? ''));
    await writeFile(join(folder.path, name, 'c.csv'), 'Image\np.jpg\n');
    return runMinilab(['process', join(name, 'c.csv'), '--out', `${name}-out`], {
      settings: { DATA_DIR: join(folder.path, 'data') },
      cwd: folder.path,
    });
  });
  for (const [i, { code, err }] of (await Promise.all(runs)).entries()) {
    assert.equal(code, 0, err);
    const made = join(folder.path, `${['x', 'y'][i]}-out`, '1-1-full.jpg');
    assert.ok((await visualDistance(made, photo(PHOTO_NAMES[i] ?? ''))) < 10);
  }
});

test('Ctrl-C in the middle ends at once, leaves no half result, and the next run works', async () => {
  await using folder = await newFolder();
  let hanging = 0;
  await using origin = await startOrigin((path) =>
    path === '/hangs'
      ? () => void (hanging += 1)
      : path === '/photo'
        ? photo(PHOTO_NAMES[0] ?? '')
        : undefined,
  );
  const file = join(folder.path, 'c.csv');
  await writeFile(file, `Image\n${origin.url}/photo\n${origin.url}/hangs\n`);
  const options = { settings: { DATA_DIR: join(folder.path, 'data') }, cwd: folder.path };
  const { code, err } = await runMinilab(['process', file], {
    ...options,
    onStart: (child) => {
      const timer = setInterval(() => {
        if (hanging === 0) return;
        clearInterval(timer);
        child.kill('SIGINT');
      }, 20);
    },
  });
  assert.equal(code, 130, err);
  assert.match(err, /Stopped before the end\. Nothing was written/);
  assert.deepEqual(await readdir(join(folder.path, 'output')), []);
  await writeFile(file, `Image\n${origin.url}/photo\n`);
  assert.equal((await runMinilab(['process', file], options)).code, 0);
});

test('a run whose CSV has errors stops the server that was begun while it loaded, and a run after it works', async () => {
  await using folder = await newFolder();
  await writeFile(join(folder.path, '1.jpg'), photo(PHOTO_NAMES[0] ?? ''));
  await writeFile(join(folder.path, 'good.csv'), 'Image\n1.jpg\n');
  await writeFile(join(folder.path, 'bad.csv'), 'Image\nftp://a.example/1.jpg\n');
  const pidFile = join(folder.path, 'data', 'postgres', 'data', 'postmaster.pid');
  for (const [file, wanted] of [
    ['bad.csv', 2],
    ['good.csv', 0],
    ['bad.csv', 2],
    ['good.csv', 0],
  ] as const) {
    const { code, err } = await runMinilab(['process', file], {
      settings: { DATA_DIR: 'data' },
      cwd: folder.path,
    });
    assert.equal(code, wanted, err);
    await assert.rejects(readFile(pidFile), { code: 'ENOENT' });
  }
});
