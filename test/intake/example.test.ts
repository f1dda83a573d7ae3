/** The catalogue that a server lends to whoever has none yet. */
import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { readExample } from '../../src/intake/example.ts';
import { startApi } from '../support/api.ts';
import { newFolder } from '../support/folder.ts';
import { json } from '../support/minilab.ts';

type Session = { has_example: boolean };

test('a server with EXAMPLE_CSV says so and answers with its bytes; others have none', async () => {
  await using folder = await newFolder();
  const path = join(folder.path, 'catalog.csv');
  const csv = Buffer.from('SKU,Name,Image\n1,B\xf6wl,http://127.0.0.1:1/1.jpg\n', 'latin1');
  await writeFile(path, csv);
  await using lending = await startApi({ EXAMPLE_CSV: path });
  await truncate(path); // it was read at the start
  const answer = await fetch(`${lending.url}/v1/example.csv`);
  assert.equal(answer.headers.get('content-type'), 'text/csv');
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), csv);
  assert.equal((await json<Session>(fetch(`${lending.url}/v1/session`))).has_example, true);

  await using other = await startApi();
  assert.equal((await fetch(`${other.url}/v1/example.csv`)).status, 404);
  assert.equal((await json<Session>(fetch(`${other.url}/v1/session`))).has_example, false);
});

test('an example that cannot be read, or is too large to be one, is refused at the start', async () => {
  await using folder = await newFolder();
  const large = join(folder.path, 'large.csv');
  await writeFile(large, '');
  await truncate(large, 2 ** 20 + 1);
  const wrong: [string, RegExp][] = [
    [join(folder.path, 'none.csv'), /EXAMPLE_CSV cannot be read: ENOENT/],
    [folder.path, /EXAMPLE_CSV cannot be read: it is a folder/],
    [large, /EXAMPLE_CSV cannot be read: it is larger than 1 MiB/],
  ];
  for (const [EXAMPLE_CSV, why] of wrong) await assert.rejects(readExample(readConfig({ EXAMPLE_CSV })), why);
});
