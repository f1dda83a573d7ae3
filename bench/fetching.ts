import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { newFolder } from '../test/support/folder.ts';
import { startMinilab } from '../test/support/minilab.ts';
import type { Lengths } from './lengths.ts';
import { makePhotographs } from './photographs.ts';
import { accept, counts, median, settingsOf, startOrigin, PRESET } from './rig.ts';

export type Fetching = {
  images_per_second: number;
  images_per_second_at_100_ms: number;
  /** medians of pairs; in every run the host is unknown at the beginning */
  ratio: number;
  ratio_min: number;
  ratio_max: number;
  /** the concurrency limit of the host at 100 ms, at the end */
  places_at_100_ms: number;
  seconds_alone: number;
  seconds_beside_dead_names: number;
  delay_seconds: number;
};

const IMAGES = 200; // of the healthy host, for the delay
const LATENCY_MS = 100;

/** Compares a host at 100 ms latency with one without, and a healthy host beside four dead names with it alone. */
export async function fetching({ pairs, seconds }: Lengths): Promise<Fetching> {
  await using folder = await newFolder();
  await using stack = new AsyncDisposableStack();
  const origin = await startOrigin(await makePhotographs(join(folder.path, 'photographs')));
  stack.defer(() => origin.child.disconnect());
  const server = await holdEmbeddedServer(folder.path, 'bench');
  stack.defer(() => server.close());
  const settings = { ...settingsOf(folder.path, await server.database('bench')), HOST_CONCURRENCY: '32' };
  const { db } = openDatabase(settings.DATABASE_URL, 2);
  stack.defer(() => db.destroy());
  stack.use(await startMinilab('worker', settings));

  /** Images per second, counted from the first one. */
  async function rateAt(waitMs: number, run: number): Promise<number> {
    await sql`delete from hosts`.execute(db);
    const urls = Array.from(
      { length: seconds * 200 },
      (_, i) => `${origin.url}/${i}?run=${run}&wait=${waitMs}\n`,
    );
    const { batchId } = await accept(settings, `Image\n${urls.join('')}`, PRESET);
    await untilCompleted(db, batchId, 1);
    const before = await counts(db, batchId);
    const startedAt = performance.now();
    await sleep(seconds * 1_000);
    const rate = (await counts(db, batchId)).completed - before.completed;
    const tookS = (performance.now() - startedAt) / 1_000;
    await deleteBatch(db, batchId);
    return rate / tookS;
  }

  async function secondsBeside(urls: string[], run: string): Promise<number> {
    const ours = Array.from({ length: IMAGES }, (_, i) => `${origin.url}/${i}?run=${run}`);
    const startedAt = performance.now();
    const { batchId } = await accept(settings, `Image\n${[...urls, ...ours].join('\n')}\n`, PRESET);
    await untilCompleted(db, batchId, IMAGES);
    const tookS = (performance.now() - startedAt) / 1_000;
    await deleteBatch(db, batchId);
    return tookS;
  }

  const rounds: { near: number; far: number; places: number }[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const near = await rateAt(0, 2 * pair);
    const far = await rateAt(LATENCY_MS, 2 * pair + 1);
    const { rows } = await sql<{ places: number }>`select places from hosts`.execute(db);
    rounds.push({ near, far, places: rows[0]?.places ?? 0 });
    process.stderr.write(
      `pair ${pair}: ${far.toFixed(1)} of ${near.toFixed(1)} images/s at ${LATENCY_MS} ms\n`,
    );
  }
  const dead = [1, 2, 3, 4].flatMap((n) =>
    Array.from({ length: IMAGES }, (_, i) => `http://dead-${n}.invalid/${i}.jpg`),
  );
  const delays: { alone: number; beside: number }[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const alone = await secondsBeside([], `alone-${pair}`);
    await sql`delete from hosts`.execute(db); // the dead ones are unknown again
    const beside = await secondsBeside(dead, `beside-${pair}`);
    delays.push({ alone, beside });
    process.stderr.write(
      `pair ${pair}: ${alone.toFixed(1)} s alone, ${beside.toFixed(1)} s beside dead names\n`,
    );
  }
  const ratios = rounds.map(({ near, far }) => far / near);
  return {
    images_per_second: median(rounds.map(({ near }) => near)),
    images_per_second_at_100_ms: median(rounds.map(({ far }) => far)),
    ratio: median(ratios),
    ratio_min: Math.min(...ratios),
    ratio_max: Math.max(...ratios),
    places_at_100_ms: median(rounds.map(({ places }) => places)),
    seconds_alone: median(delays.map(({ alone }) => alone)),
    seconds_beside_dead_names: median(delays.map(({ beside }) => beside)),
    delay_seconds: median(delays.map(({ alone, beside }) => beside - alone)),
  };
}

async function untilCompleted(db: Db, batchId: string, images: number): Promise<void> {
  while ((await counts(db, batchId)).completed < images) await sleep(20);
}

/** Deletes a batch that has not ended. Its queued tasks find no image, and are dropped. */
async function deleteBatch(db: Db, batchId: string): Promise<void> {
  await sql`delete from images where batch_id = ${batchId}`.execute(db);
  await sql`delete from batches where batch_id = ${batchId}`.execute(db);
}
