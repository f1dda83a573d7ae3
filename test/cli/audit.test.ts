import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { cutOut } from '../support/catalogue.ts';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { runMinilab } from '../support/minilab.ts';

type Images = Record<'pass' | 'warn' | 'fail' | 'unknown', number>;
type Result = {
  as_of: string | null;
  out: string | null;
  checks: { channel: string; of: string; renditions: string[]; images: Images }[];
  code?: string;
};

/** A folder with a CSV of a good picture, a small one and one that does not exist. */
async function newCatalogue(): Promise<Folder & { run: typeof run }> {
  const folder = await newFolder();
  const database = await migratedDatabase();
  const side = { width: 1700, height: 1700, format: 'png' } as const;
  await writeFile(join(folder.path, 'good.png'), await cutOut(side));
  await writeFile(join(folder.path, 'small.png'), await cutOut({ ...side, width: 499, height: 499 }));
  await writeFile(join(folder.path, 'c.csv'), 'SKU,Name,Image\nA,A,good.png\nB,B,small.png\nC,C,none.png\n');
  async function run(command: string, ...more: string[]) {
    const { code, out, err } = await runMinilab([command, 'c.csv', '--json', ...more], {
      settings: { DATA_DIR: 'data', DATABASE_URL: database, WORKER_CORES: '1' },
      cwd: folder.path,
    });
    return { code, err, result: JSON.parse(out.trim().split('\n').at(-1) ?? '') as Result };
  }
  return { ...folder, run };
}

test('audit judges sources, makes nothing, writes a line for each image, and exits with 3 if a must fails', async () => {
  await using folder = await newCatalogue();
  const google = ['--channel', 'google,amazon'];
  const after = await folder.run('audit', ...google, '--as-of', '2027-01-31', '--out', 'check.csv');
  assert.equal(after.code, 3, after.err);
  assert.equal(after.result.as_of, '2027-01-31');
  assert.deepEqual(
    after.result.checks.map(({ channel, of, images }) => [channel, of, images]),
    [
      ['google', 'source', { pass: 1, warn: 0, fail: 1, unknown: 1 }],
      ['amazon', 'source', { pass: 1, warn: 0, fail: 1, unknown: 1 }],
    ],
  );
  assert.match(
    after.err,
    /Google Shopping, sources, rules of 2027-01-31: 1 pass, 0 warn, 1 fail, 1 unknown\./,
  );
  assert.match(after.err, /min_sides +must +500 +1 +1 +499 \(image 2\)/);
  assert.match(after.err, /Not judged: text, logos/);
  const lines = parse<Record<string, string>>(await readFile(join(folder.path, 'check.csv')), {
    columns: true,
  });
  assert.deepEqual(
    lines.map(({ sku, channel, verdict, failed, error_code }) => [sku, channel, verdict, failed, error_code]),
    [
      ['A', 'google', 'pass', '', ''],
      ['A', 'amazon', 'pass', '', ''],
      ['B', 'google', 'fail', 'min_sides 499 < 500', ''],
      ['B', 'amazon', 'fail', 'min_sides of longer_side 499 < 500', ''],
      ['C', 'google', 'unknown', '', 'file_not_found'],
      ['C', 'amazon', 'unknown', '', 'file_not_found'],
    ],
  );
  assert.deepEqual((await readdir(folder.path)).toSorted(), [
    'c.csv',
    'check.csv',
    'data',
    'good.png',
    'small.png',
  ]);

  const before = await folder.run('audit', '--channel', 'google', '--as-of', '2027-01-30');
  assert.equal(before.code, 0, before.err);
  assert.deepEqual(before.result.checks[0]?.images, { pass: 1, warn: 1, fail: 0, unknown: 1 });
});

test("audit judges what a preset makes, by a channel of one's own in a file, and refuses what means nothing", async () => {
  await using folder = await newCatalogue();
  const rules = [
    { rule: 'min_sides', at_least: 400 },
    { rule: 'format', one_of: ['webp'] },
  ];
  await writeFile(join(folder.path, 'mine.json'), JSON.stringify({ rules }));
  const output = ['--of', 'output', '--preset', 'web-modern'];
  const full = await folder.run('audit', '--channel', 'mine.json', ...output);
  assert.equal(full.code, 0, full.err);
  assert.partialDeepStrictEqual(full.result.checks, [
    { channel: 'mine', of: 'output', renditions: ['full'], images: { pass: 2, unknown: 1 } },
  ]);
  for (const wrong of [
    ['--channel', 'nobody'],
    ['--channel', 'google', '--as-of', '2027-02-30'],
    ['--channel', 'google', '--preset', 'web'],
    ['--channel', 'google', '--of', 'both'],
    ['--channel', 'google', '--of', 'output', '--rendition', 'nope'],
    ['--channel', 'google', '--out', 'none/check.csv'],
    ['--channel', 'google', '--out', '.'],
  ]) {
    const { code, err, result } = await folder.run('audit', ...wrong);
    assert.equal(code, 1, wrong.join(' '));
    assert.match(err, /(channel|--as-of|--preset|--of|--rendition is "nope", .* full, thumb|written)/);
    assert.doesNotMatch(err, /1 pass|in the query/, 'nothing was judged');
    assert.deepEqual(result.checks, []);
  }
});

test('process --check tells after the batch what a channel says of sources and of outputs', async () => {
  await using folder = await newCatalogue();
  const { code, err, result } = await folder.run('process', '--check', 'meta');
  assert.equal(code, 3, err);
  assert.deepEqual(
    result.checks.map(({ of, renditions, images }) => [of, renditions, images.fail]),
    [
      ['source', [], 1],
      ['output', ['full'], 1],
    ],
  );
  assert.match(err, /Meta \(Facebook and Instagram\), outputs \(full\), rules of/);
});

test('channels are listed, shown, added from a file and removed', async () => {
  await using folder = await newFolder();
  const settings = { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() };
  const run = (...args: string[]) => runMinilab(['channels', ...args], { settings, cwd: folder.path });
  await writeFile(join(folder.path, 'ours.json'), '{ "rules": [{ "rule": "plain" }] }');
  const added = await run('add', 'ours.json');
  assert.equal(added.code, 0, added.err);
  assert.match(
    (await run()).out,
    /google +built in +Google Shopping +\d+ rules\n[^]*ours +your own +ours +1 rule\n/,
  );
  assert.deepEqual(JSON.parse((await run('show', 'ours')).out), {
    title: 'ours',
    rules: [{ rule: 'plain', level: 'must', slots: 'all' }],
  });
  assert.equal((await run('remove', 'ours')).code, 0);
  assert.equal((await run('show', 'ours')).code, 1);
});
