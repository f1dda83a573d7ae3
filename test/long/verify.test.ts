/** Damaged files are found and healed; orphans are removed after their time. In a folder and in a bucket. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Catalogue, openOutputs, startCatalogue } from '../support/catalogue-run.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, runMinilab, type Running, startMinilab } from '../support/minilab.ts';
import { until } from '../support/until.ts';
import { filesInBucket, filesInFolder, type StoredFiles } from '../support/stored-files.ts';

type Line = { finding?: string; key?: string; ok?: boolean } & Record<string, unknown>;

const IMAGES = 12;
const HOUR_MS = 3_600_000;

describe('files in a folder', () => damagedAndHealed(filesInFolder));
describe('files in a bucket', () => damagedAndHealed(filesInBucket));

function damagedAndHealed(openFiles: () => Promise<StoredFiles>): void {
  const stack = new AsyncDisposableStack();
  let files: StoredFiles;
  let catalogue: Catalogue;
  let minilab: Running;
  let settings: Record<string, string>;
  let first: Batch;
  before(async () => {
    const folder = stack.use(await newFolder());
    files = stack.use(await openFiles());
    catalogue = stack.use(await startCatalogue(IMAGES));
    settings = { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase(), ...files.settings };
    minilab = stack.use(await startMinilab('serve', settings));
    first = await catalogue.run(minilab.url, 0, IMAGES);
  });
  after(() => stack.disposeAsync());

  async function verify(
    ...flags: string[]
  ): Promise<{ code: number | null; findings: Line[]; counts: Line }> {
    const { code, out, err } = await runMinilab(['verify', '--json', ...flags], { settings });
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const counts = lines.pop();
    assert.ok(counts && code !== 1, err);
    return { code, findings: lines, counts };
  }

  const named = (findings: Line[]): string[] =>
    findings.map(({ finding, key }) => `${finding} ${key}`).toSorted();

  test('a storage as it should be', async () => {
    const { code, findings, counts } = await verify('--deep');
    assert.deepEqual([code, findings], [0, []]);
    const all = (await files.keys()).length;
    assert.deepEqual([counts['files'], counts['sha256_compared'], counts.ok], [all, all, true]);
    const sampled = await verify('--deep', '--sample', '0%');
    assert.deepEqual([sampled.code, sampled.counts['sha256_compared']], [0, 0]);
  });

  test('files that are missing, cut, or of other bytes are found; --forget and a second run heal them', async () => {
    const [missing = '', cut = '', other = ''] = await oneOfEachSet();
    const originals = new Map<string, Buffer>();
    for (const key of await files.keys()) originals.set(key, await files.read(key));
    await files.remove(missing);
    await files.write(cut, (await files.read(cut)).subarray(0, 100));
    const content = await files.read(other);
    content.writeUInt8(content.readUInt8(50) ^ 1, 50);
    await files.write(other, content);

    const visible = [`missing ${missing}`, `size ${cut}`, ...(files.knowsSha256 ? [`sha256 ${other}`] : [])];
    const plain = await verify();
    assert.deepEqual([plain.code, named(plain.findings)], [3, visible.toSorted()]);
    const all = [`missing ${missing}`, `size ${cut}`, `sha256 ${other}`].toSorted();
    const forgetting = await verify('--deep', '--forget');
    assert.deepEqual([forgetting.code, named(forgetting.findings)], [3, all]);
    assert.deepEqual([forgetting.counts['forgotten_sets'], forgetting.counts['batches']], [3, [first.id]]);
    assert.equal((await verify('--deep')).code, 0, 'nothing is recorded that is not there');
    for (const path of ['output.csv', 'images'])
      assert.equal((await fetch(`${first.links.self}/${path}`)).status, 200);
    const isServed = async (key: string) => (await fetch(`${minilab.url}/files/${key}`)).ok;
    for (const key of [missing, cut, other])
      await until(async () => !(await isServed(key)), 30_000, 'the removal, which a worker may have in hand');

    const second = await catalogue.run(minilab.url, 0, IMAGES);
    assert.equal(second.reused, IMAGES - 3);
    assert.deepEqual((await verify('--deep')).findings, []);
    for (const { id } of [first, second])
      assert.deepEqual(new Set(await openOutputs(minilab.url, id)), new Set(originals.keys()));
    for (const [key, original] of originals) assert.ok(original.equals(await files.read(key)), key);
  });

  /** Keys of files of different sets. */
  async function oneOfEachSet(): Promise<string[]> {
    return [...Map.groupBy(await files.keys(), (key) => key.split('/')[1]).values()].flatMap(
      ([key]) => key ?? [],
    );
  }

  test('orphans are removed after 48 hours, and never before', async () => {
    const kept = await files.keys();
    const [key = ''] = kept;
    const orphan = (name: string): string => key.replace(/\/[0-9a-v]{16}\//, `/${name.padEnd(16, '0')}/`);
    const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * HOUR_MS);
    await files.write(orphan('0ld'), Buffer.from('left'), hoursAgo(48.1));
    await files.write(orphan('v0ung'), Buffer.from('in progress'), hoursAgo(47.9));
    const { code, findings, counts } = await verify();
    assert.deepEqual([code, named(findings)], [0, [`orphan ${orphan('0ld')}`]]);
    assert.deepEqual([counts['orphans'], counts['young']], [1, 1]);

    const swept = await runMinilab(['sweep-storage'], { settings });
    assert.match(swept.err, /Removed: 1 orphaned set \(1 file\)/);
    await until(async () => (await files.keys()).length === kept.length + 1, 30_000, 'the removal');
    assert.deepEqual(await files.keys(), [...kept, orphan('v0ung')].toSorted());
    await runMinilab(['sweep-storage', '--older-than', '0s'], { settings });
    await until(async () => (await files.keys()).length === kept.length, 30_000, 'the removal');
    assert.deepEqual(await files.keys(), kept);
  });

  test('where a storage has no file at all, nothing is forgotten', async () => {
    await using empty = await newFolder();
    for (const name of Object.keys(settings).filter(
      (each) => each === 'STORAGE_URL' || each.startsWith('S3_'),
    ))
      await runMinilab(['settings', 'unset', name], { settings }); // or another storage would be refused before
    const elsewhere = { ...settings, STORAGE_URL: `file://${empty.path}` };
    const { code, err } = await runMinilab(['verify', '--forget'], { settings: elsewhere });
    assert.equal(code, 1);
    assert.match(err, /has no file of this database, so nothing is forgotten\. Check STORAGE_URL/);
    assert.equal((await verify()).code, 0);
  });
}
