import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { pathOf } from '../../src/storage/disk-paths.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { newPostgres, type Postgres } from '../support/postgres.ts';
import { photo, PHOTO_NAMES, smallPicture } from '../support/pictures.ts';
import { childrenOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

const COUNT = Number(process.env['LONG_IMAGES'] ?? 20_000); // of the last test
// Of the last test: kills at even steps of the work, so that a fast machine has as many, and a slow one more.
const KILLS = 10;
const KILL_AT_LATEST_MS = 5_000;
const STOP_AFTER_KILLS = 3;
const CORES = 1;

const HOST_STARTS_WITH = 6; // so many downloads of a new host are open at a time

let postgres: Postgres;
before(async () => {
  postgres = await newPostgres();
});
after(() => postgres[Symbol.asyncDispose]());

function catalog(origin: Origin, count: number): string {
  return `Image\n${Array.from({ length: count }, (_, i) => `${origin.url}/${i}.jpg\n`).join('')}`;
}

async function accept(minilab: Running, csv: string): Promise<Batch> {
  const response = await upload(minilab.url, csv);
  assert.equal(response.status, 202);
  return json<Batch>(response);
}

/** A place of its own for a test: folder and database, and an API that does no work itself. */
async function newPlace(): Promise<
  AsyncDisposable & { settings: Record<string, string>; api: Running; folder: Folder }
> {
  const folder = await newFolder();
  const settings = { DATA_DIR: folder.path, DATABASE_URL: await postgres.newDatabase(), LOG_LEVEL: 'debug' };
  const api = await startMinilab('serve --no-worker', settings);
  return {
    settings,
    api,
    folder,
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** An origin whose answers wait until the test opens the gate. */
async function gatedOrigin(picture: Buffer) {
  const waiting: ServerResponse[] = [];
  let isOpen = false;
  const origin = await startOrigin(() => (_request, response) => {
    if (isOpen) response.end(picture);
    else waiting.push(response);
  });
  return {
    origin,
    waiting,
    open() {
      isOpen = true;
      for (const response of waiting) response.end(picture);
    },
  };
}

function madeBy(worker: Running): number {
  return worker.said().split('"is":"completed"').length - 1;
}

describe('a worker', () => {
  test('that is stopped past its lease and wakes up again changes nothing', async () => {
    await using place = await newPlace();
    const { origin, waiting, open } = await gatedOrigin(await smallPicture(2));
    await using closing = origin;
    await using sleeper = await startMinilab('worker', place.settings);
    const batch = await accept(place.api, catalog(closing, 5));
    await until(() => waiting.length === 5);
    sleeper.child.kill('SIGSTOP');
    await using heir = await startMinilab('worker', place.settings);
    await until(() => waiting.length === 10);
    open();
    const ended = await untilEnded(batch.links.self);
    assert.equal(ended.counts.completed, 5);
    assert.equal(madeBy(heir), 5);
    const before = await fetch(batch.links.self).then((response) => response.headers.get('etag'));
    sleeper.child.kill('SIGCONT');
    await sleep(6_000); // longer than between two renewals of its leases
    const response = await fetch(batch.links.self);
    assert.equal(response.headers.get('etag'), before);
    assert.deepEqual((await json<Batch>(response)).counts, ended.counts);
  });

  test('whose database goes away between doing and recording records when it is back, once', async () => {
    await using place = await newPlace();
    const { origin, waiting, open } = await gatedOrigin(await smallPicture(3));
    await using closing = origin;
    await using worker = await startMinilab('worker', place.settings);
    const batch = await accept(place.api, catalog(closing, HOST_STARTS_WITH));
    await until(() => waiting.length === HOST_STARTS_WITH);
    await postgres.stopAtOnce();
    open();
    await until(() => madeBy(worker) === HOST_STARTS_WITH);
    await postgres.start();
    const ended = await untilEnded(batch.links.self);
    assert.equal(ended.counts.completed, HOST_STARTS_WITH);
    assert.equal(madeBy(worker), HOST_STARTS_WITH);
    assert.ok([...origin.requests.values()].every((count) => count === 1));
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    test(`that gets ${signal} in the middle finishes what it holds, and the next one goes on`, async () => {
      await using place = await newPlace();
      const picture = await smallPicture(4);
      await using origin = await startOrigin(
        () => (_request, response) => void setTimeout(() => response.end(picture), 50),
      );
      const batch = await (async () => {
        const first = await startMinilab('worker', place.settings);
        const accepted = await accept(place.api, catalog(origin, 300));
        await until(async () => (await json<Batch>(fetch(accepted.links.self))).counts.completed > 20);
        first.child.kill(signal);
        assert.equal(await first.ended, 0);
        return accepted;
      })();
      const paused = await json<Batch>(fetch(batch.links.self));
      assert.equal(paused.counts.processing, 0);
      assert.ok(paused.counts.completed > 20 && paused.counts.completed < 300);
      await using second = await startMinilab('worker', place.settings);
      const ended = await untilEnded(batch.links.self);
      assert.equal(ended.counts.completed, 300);
      assert.equal(madeBy(second), 300 - paused.counts.completed);
      assert.ok([...origin.requests.values()].every((count) => count === 1));
    });

  test('whose decoders are killed again and again makes every image all the same', async () => {
    await using place = await newPlace();
    await using origin = await startOrigin((path) =>
      photo(PHOTO_NAMES[Number.parseInt(path.slice(1), 10) % 8] ?? ''),
    );
    await using worker = await startMinilab('worker', place.settings);
    const batch = await accept(place.api, catalog(origin, 24));
    for (let kills = 0; kills < 3; kills += 1) {
      await sleep(400);
      const [decoder] = await childrenOf(worker.child.pid ?? 0);
      if (decoder !== undefined) process.kill(decoder, 'SIGKILL');
    }
    const ended = await untilEnded(batch.links.self);
    assert.equal(ended.counts.completed, 24);
  });
});

test('a batch in which everything fails ends as failed, and its CSV says why', async () => {
  await using place = await newPlace();
  await using origin = await startOrigin(() => undefined);
  await using worker = await startMinilab('worker', place.settings);
  const ended = await untilEnded((await accept(place.api, catalog(origin, 200))).links.self);
  assert.equal(ended.state, 'failed');
  assert.deepEqual(ended.errors_by_code, { not_found: 200 });
  const csv = await (await fetch(ended.links.output_csv)).text();
  assert.equal(csv.split('failed,1:not_found').length - 1, 200);
  assert.equal(madeBy(worker), 0);
});

test('a full disk is nobody’s result: images wait, /readyz says why, and all goes on when there is room', async (t) => {
  await using place = await newPlace();
  const storage = join(place.folder.path, 'small');
  try {
    execFileSync('mkdir', [storage]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', storage], { stdio: 'pipe' });
  } catch (error) {
    t.skip(`a small file system cannot be mounted here: ${(error as Error).message.split('\n')[1] ?? ''}`);
    return;
  }
  try {
    await using origin = await startOrigin((path) =>
      photo(PHOTO_NAMES[Number.parseInt(path.slice(1), 10)] ?? ''),
    );
    await using minilab = await startMinilab('serve', {
      ...place.settings,
      STORAGE_URL: `file://${storage}`,
    });
    const batch = await accept(minilab, catalog(origin, 8));
    await until(async () => {
      const ready = await fetch(`${minilab.url}/readyz`);
      return ready.status === 503 && /the disk is full/.test(await ready.text());
    });
    const stuck = await json<Batch>(fetch(`${minilab.url}/v1/batches/${batch.id}`));
    assert.equal(stuck.counts.failed, 0);
    assert.ok(stuck.counts.completed < 8);
    execFileSync('mount', ['-o', 'remount,size=64m', storage]);
    const ended = await untilEnded(`${minilab.url}/v1/batches/${batch.id}`);
    assert.equal(ended.counts.completed, 8);
    const { items } = await json<{ items: { attempts: number }[] }>(
      fetch(`${minilab.url}/v1/batches/${batch.id}/images`),
    );
    assert.ok(items.every(({ attempts }) => attempts === 1));
    assert.equal((await fetch(`${minilab.url}/readyz`)).status, 200);
  } finally {
    execFileSync('umount', ['-l', storage]);
  }
});

test(`${COUNT} images with a worker killed every few seconds and PostgreSQL stopped at once for 10 s: none lost, none twice`, async () => {
  const pictures = await Promise.all(Array.from({ length: 64 }, (_, i) => smallPicture(i)));
  await using place = await newPlace();
  // Each image is one of its own: what follows the end of a JPEG is read by nobody and makes another hash.
  await using origin = await startOrigin((path) => {
    const number = Number.parseInt(path.slice(1), 10);
    return Buffer.concat([pictures[number % 64] ?? Buffer.alloc(0), Buffer.from(String(number))]);
  });
  const settings = { ...place.settings, HOST_CONCURRENCY: '64', WORKER_CORES: String(CORES) };
  const batch = await accept(place.api, catalog(origin, COUNT));
  const everyone = [await startMinilab('worker', settings), await startMinilab('worker', settings)];
  const startedAt = Date.now();
  let [kills, wasStopped, isOver] = [0, false, false];
  const ended = untilEnded(batch.links.self, 500_000).finally(() => (isOver = true));
  const isDone = async (count: number): Promise<boolean> =>
    ((await json<Partial<Batch>>(fetch(batch.links.self))).counts?.completed ?? 0) >= count;
  while (!isOver) {
    const latest = Date.now() + KILL_AT_LATEST_MS;
    const next = (COUNT / KILLS) * (kills + 1);
    while (!isOver && Date.now() < latest && !(await isDone(next))) await sleep(200);
    if (isOver) break;
    if (!wasStopped && kills >= STOP_AFTER_KILLS) {
      wasStopped = true;
      await postgres.stopAtOnce();
      await sleep(10_000);
      await postgres.start();
    }
    everyone.at(-2)?.child.kill('SIGKILL');
    kills += 1;
    everyone.push(await startMinilab('worker', settings));
  }
  const { state, counts } = await ended;
  for (const worker of everyone) await worker[Symbol.asyncDispose]();

  assert.equal(state, 'completed');
  assert.deepEqual(counts, {
    total: COUNT,
    pending: 0,
    processing: 0,
    completed: COUNT,
    failed: 0,
    cancelled: 0,
  });
  assert.ok(wasStopped && kills >= 5, `${kills} kills`);
  // What a worker had decoded and not yet recorded when it was killed is decoded again: never more than it had in hand.
  const twice = everyone.reduce((sum, worker) => sum + madeBy(worker), 0) - COUNT;
  const inHand = 24 + 4 * CORES; // the capacity of a worker: src/worker.ts
  assert.ok(twice <= kills * inHand, `${twice} were decoded twice, with ${kills} kills`);

  const { db } = openDatabase(place.settings['DATABASE_URL'] ?? '');
  const { rows: images } = await sql<{ state: string; n: number }>`
    select state, count(*) as n from images group by state`.execute(db);
  assert.deepEqual(images, [{ state: 'completed', n: COUNT }]);
  const { rows: events } = await sql<{ type: string }>`select type from webhook_events`.execute(db);
  assert.deepEqual(events, [{ type: 'batch.completed' }]);
  const { rows: files } = await sql<{ path: string; sha256: string }>`
    select t.token || '/' || r.hash16 || '/' || r.name || '.' || r.extension as path, encode(r.sha256, 'hex') as sha256
    from renditions r join tenants t using (tenant_id)`.execute(db);
  await db.destroy();
  assert.equal(files.length, 2 * COUNT);
  const storage = join(place.folder.path, 'files');
  for (const { path, sha256 } of files) {
    const content = await readFile(pathOf(storage, path));
    assert.equal(createHash('sha256').update(content).digest('hex'), sha256, path);
  }
  console.log(
    `${COUNT} images: ${kills} workers killed, ${twice} images decoded twice, ${Math.round((Date.now() - startedAt) / 1000)} s`,
  );
});
