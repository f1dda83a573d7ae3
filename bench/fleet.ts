import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../src/db/database.ts';
import type { Batch, Running } from '../test/support/minilab.ts';
import { startFleet, type Fleet } from './fleet-machines.ts';
import { cpuSecondsNow } from './cpu.ts';
import type { Lengths } from './lengths.ts';
import { median } from './rig.ts';

export type FleetResult = {
  /** whether machines had networks of their own */
  apart: boolean;
  images: number;
  one_worker_images_per_second: number;
  four_workers_images_per_second: number;
  /** of the rates, by four: 1 where workers do not hinder each other */
  ratio: number;
  ratio_min: number;
  ratio_max: number;
  /** cores without work while four run: where there are none, the machine is measured, not the fleet */
  idle_cores_of_four: number;
  postgres_ms_an_image: number;
  pairs: number;
};

const WORKERS = 4;
const PAIRS = 3;
const SECONDS = 30;
const WARM_UP_S = 10; // a worker is ready, and its first images have ended
const WAIT_MS = 1_000; // of the image host, so that two cores have time for four workers
const SHARE_OF_PAIRS = 0.8; // the batch is longer than all pairs

/**
 * Whether four workers do four times as much as one: two `serve`, the workers, the database and the store on machines
 * of their own, and an image host that takes a second to answer. One and four workers alternate while one batch runs;
 * at its end every image, counter and file is verified.
 */
export async function fleet({ fleet: images }: Lengths): Promise<FleetResult> {
  await using place = await startFleet(WORKERS);
  const { db } = openDatabase(place.databaseUrl, 2);
  await using workers = new AsyncDisposableStack();
  try {
    const batch = await upload(place, images);
    workers.use(await place.startWorker(1));
    const rates: { one: Rate; four: Rate }[] = [];
    const others: Running[] = [];
    while (rates.length < PAIRS && (await completed(db)) < SHARE_OF_PAIRS * images) {
      const one = await measure(db);
      for (let number = 2; number <= WORKERS; number += 1) others.push(await place.startWorker(number));
      const four = await measure(db);
      rates.push({ one, four });
      process.stderr.write(
        `one ${one.perSecond.toFixed(1)}, four ${four.perSecond.toFixed(1)} images/s, idle cores ${four.idle.toFixed(2)}\n`,
      );
      if (rates.length < PAIRS) for (const other of others.splice(0)) await other[Symbol.asyncDispose]();
    }
    for (const other of others) workers.use(other);
    await verify(place, db, await untilEnded(place, batch));
    return { apart: place.isApart, images, ...resultOf(rates) };
  } finally {
    await db.destroy();
  }
}

type Rate = { perSecond: number; idle: number; postgresMs: number };

/** Of completed images, once those who run are warm. */
async function measure(db: Db): Promise<Rate> {
  await sleep(1_000 * WARM_UP_S);
  const [before, cpuBefore, startedAt] = [await completed(db), await cpuSecondsNow(0), performance.now()];
  await sleep(1_000 * SECONDS);
  const [after, cpu] = [await completed(db), await cpuSecondsNow(0)];
  const tookS = (performance.now() - startedAt) / 1_000;
  if (after === before)
    throw new Error('the batch ended before the workers were measured: --fleet is too small');
  return {
    perSecond: (after - before) / tookS,
    idle: (cpu.idle - cpuBefore.idle) / tookS,
    postgresMs: (1_000 * (cpu.postgres - cpuBefore.postgres)) / (after - before),
  };
}

function resultOf(rates: { one: Rate; four: Rate }[]) {
  const ratios = rates.map(({ one, four }) => four.perSecond / (WORKERS * one.perSecond));
  return {
    one_worker_images_per_second: median(rates.map(({ one }) => one.perSecond)),
    four_workers_images_per_second: median(rates.map(({ four }) => four.perSecond)),
    ratio: median(ratios),
    ratio_min: Math.min(...ratios),
    ratio_max: Math.max(...ratios),
    idle_cores_of_four: median(rates.map(({ four }) => four.idle)),
    postgres_ms_an_image: median(rates.map(({ four }) => four.postgresMs)),
    pairs: rates.length,
  };
}

async function upload({ apis, headers, originUrl }: Fleet, images: number): Promise<Batch> {
  const urls = Array.from({ length: images }, (_, i) => `${originUrl}/${i}?wait=${WAIT_MS}\n`);
  const form = new FormData();
  form.set('file', new Blob([`Image\n${urls.join('')}`]), 'fleet.csv');
  const answer = await fetch(`${apis[0]}/v1/batches`, { method: 'POST', body: form, headers });
  assert.equal(answer.status, 202);
  return (await answer.json()) as Batch;
}

async function completed(db: Db): Promise<number> {
  const { rows } = await sql<{ completed: number }>`select completed from batches`.execute(db);
  return rows[0]?.completed ?? 0;
}

/** As the other `serve` tells it, which has not taken the upload. */
async function untilEnded({ apis, headers }: Fleet, { id }: Batch): Promise<Batch> {
  for (;;) {
    const answer = await fetch(`${apis[1]}/v1/batches/${id}?wait=20`, { headers });
    const batch = (await answer.json()) as Batch;
    if (batch.ended_at) return batch;
  }
}

/** Every image ended once, both `serve` tell the same, and every recorded file is there and no other. */
async function verify({ apis, headers, stored }: Fleet, db: Db, { id, counts }: Batch): Promise<void> {
  assert.equal(counts.completed, counts.total, JSON.stringify(counts));
  const outputs = await Promise.all(
    apis.map(async (api) => (await fetch(`${api}/v1/batches/${id}/output.csv`, { headers })).text()),
  );
  assert.equal(outputs[0], outputs[1]);
  assert.equal(outputs[0]?.split('\n').filter((line) => line.includes('/files/')).length, counts.total);
  const { rows } = await sql`
    select state, tries, count(*) as images, count(distinct slot) as slots,
      (select count(*) from webhook_events) as events,
      (select count(*) from pgboss.job where name = 'process_image' and state < 'completed') as tasks
    from images group by state, tries`.execute(db);
  const each = { state: 'completed', tries: 1, images: counts.total, slots: counts.total };
  assert.deepEqual(rows, [{ ...each, events: 1, tasks: 0 }]);
  const { rows: files } = await sql<{ key: string; sha256: string }>`
    select 'some/place/' || t.token || '/' || r.hash16 || '/' || r.name || '.' || r.extension as key,
      encode(r.sha256, 'hex') as sha256
    from renditions r join tenants t using (tenant_id)`.execute(db);
  assert.deepEqual(await stored(), new Map(files.map(({ key, sha256 }) => [key, sha256])));
}
