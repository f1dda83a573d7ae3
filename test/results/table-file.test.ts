import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { TableFile, tableFileKind } from '../../src/results/table-file.ts';
import { newFolder } from '../support/folder.ts';

test('the ending of a name says what a table is written as, in the folder and nowhere else', () => {
  assert.equal(tableFileKind('output.xlsx'), 'xlsx');
  assert.equal(tableFileKind('a b.ndjson'), 'ndjson');
  for (const name of [
    'output.csv',
    'output',
    '.xlsx/x',
    '../a.xlsx',
    '/tmp/a.xlsx',
    String.raw`..\a.xlsx`,
    '',
  ])
    assert.throws(() => tableFileKind(name), /must be the name of a file in the folder of --out/, name);
});

test('a table that does not fit leaves no file, and says why', async () => {
  await using folder = await newFolder();
  const path = join(folder.path, 'output.xlsx');
  {
    await using file = await TableFile.open(path, 'xlsx');
    await file.begin(['SKU']);
    await file.add([['x'.repeat(40_000)]]);
    await file.add([['1']]);
    assert.equal(await file.finish(new Date()), undefined);
    assert.match(file.problem?.message ?? '', /take output\.csv/);
  }
  assert.deepEqual(await readdir(folder.path), []);
  await using lines = await TableFile.open(join(folder.path, 'output.ndjson'), 'ndjson');
  await lines.begin(['SKU']);
  await lines.add([['1']]);
  const written = await lines.finish(new Date());
  assert.equal(await readFile(written ?? '', 'utf8'), '{"SKU":"1"}\n');
});
