import assert from 'node:assert/strict';
import { readdir, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, runMinilab, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

const KILLS = 3;
const IMAGES = 150;
const ANSWERED = 140;

async function filesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

test('killed workers and a cancelled batch leave files; doctor counts them, and sweep-storage takes just them away', async () => {
  await using folder = await newFolder();
  await using stack = new AsyncDisposableStack();
  // Another file system where there is one, so that files are copied, and copies are cut off by the kill.
  const storage =
    process.platform === 'linux' ? `/dev/shm/minilab-test-${process.pid}` : `${folder.path}/files`;
  stack.defer(() => rm(storage, { recursive: true, force: true }));
  const url = await migratedDatabase();
  const settings = { DATA_DIR: folder.path, DATABASE_URL: url, STORAGE_URL: `file://${storage}` };
  const { db } = openDatabase(url, 2);
  stack.defer(() => db.destroy());
  const pictures = await Promise.all(Array.from({ length: IMAGES }, (_, i) => smallPicture(i)));
  // The last ones are never answered, so that the batch runs until it is cancelled.
  await using origin = await startOrigin((path) => (_request, response) => {
    const number = Number(/\d+/.exec(path)?.[0]);
    if (number < ANSWERED) response.end(pictures[number]);
  });
  await using api = await startMinilab('serve --no-worker', settings);
  const csvOf = (from: number, to: number): string =>
    `Image\n${Array.from({ length: to - from }, (_, i) => `${origin.url}/${from + i}.jpg\n`).join('')}`;
  const accept = async (csv: string): Promise<Batch> => json(upload(api.url, csv));
  const completed = async (): Promise<number> =>
    (await sql<{ n: number }>`select count(*) as n from images where state = 'completed'`.execute(db)).rows[0]
      ?.n ?? 0;
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; !(await condition()); i += 1, await sleep(20))
      assert.ok(i < 3_000, 'it does not come to pass');
  };

  const kept = await accept(csvOf(0, 90));
  for (let i = 1; i <= KILLS; i += 1) {
    const worker = await startMinilab('worker', settings);
    await until(async () => (await completed()) >= i * 10);
    worker.child.kill('SIGKILL');
    await worker.ended;
  }
  await using worker = await startMinilab('worker', settings);
  const ended = await untilEnded(kept.links.self);
  const cancelled = await accept(csvOf(60, IMAGES));
  assert.equal(ended.counts.completed, 90);
  await until(async () => (await completed()) > 100);
  assert.equal((await fetch(cancelled.links.cancel, { method: 'POST' })).status, 200);
  await until(
    async () => (await sql`select from pgboss.job where state = 'active'`.execute(db)).rows.length === 0,
  );
  worker.child.kill('SIGTERM');
  await worker.ended;

  const referred = async (): Promise<number> =>
    (
      await sql<{ n: number }>`
        select count(*) as n from renditions r
        where exists (select from images i where i.tenant_id = r.tenant_id and i.hash16 = r.hash16)`.execute(
        db,
      )
    ).rows[0]?.n ?? 0;
  const before = await filesIn(storage);
  const doctor = await runMinilab(['doctor'], { settings });
  const [, files, unfinished] =
    /orphaned sets? \((\S+) files?\) and (\S+) unfinished files?/.exec(doctor.out) ?? [];
  assert.ok(before > (await referred()), 'kills leave files');
  assert.equal(Number(files) + Number(unfinished), before - (await referred()), doctor.out);
  const swept = await runMinilab(['sweep-storage', '--older-than', '0s'], { settings });
  assert.equal(swept.code, 0, swept.err);
  assert.equal(await filesIn(storage), await referred());
  const csv = await (await fetch(kept.links.output_csv)).text();
  const [output = ''] = /http\S+?\.\w+(?=[,"\s])/.exec(csv.replaceAll(origin.url, '')) ?? [];
  assert.equal((await fetch(output)).status, 200);
  assert.ok(await stat(storage));
});
