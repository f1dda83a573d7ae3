/** A worker that is measured on a batch. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { BatchKey } from '../src/batches/batch.ts';
import type { Db } from '../src/db/database.ts';
import type { Preset } from '../src/presets/spec.ts';
import { startMinilab } from '../test/support/minilab.ts';
import { cpuSecondsNow, postgresSecondsNow } from './cpu.ts';
import { accept, counts, type Origin, type Settings } from './rig.ts';

/** Images a second, cores used, and the peak memory of the worker without its decoders. */
export type WorkerRun = {
  ours: number;
  failed: number;
  ended: number;
  rssMb: number;
  originCpu: number;
  cores: { decoders: number; parent: number; postgres: number; idle: number };
};

const WARM_UP_S = 3;

/** Measures a worker, once it is warm, on a batch that is too long to end. @param marker makes every URL a new one */
export async function measureWorker(
  db: Db,
  settings: Settings,
  { marker, preset, ...rest }: { origin: Origin; seconds: number; marker: string; preset: Preset },
): Promise<WorkerRun> {
  const { origin, seconds } = rest;
  const urls = Array.from({ length: seconds * 400 }, (_, i) => `${origin.url}/${i}?${marker}\n`);
  const batch = await accept(settings, `Image\n${urls.join('')}`, preset);
  const run = await measureOn(batch, db, { settings, ...rest });
  // Only now: a worker that records results while its images are deleted is a deadlock, sooner or later.
  await sql`delete from images where batch_id = ${batch.batchId}`.execute(db);
  await sql`delete from batches where batch_id = ${batch.batchId}`.execute(db);
  return run;
}

async function measureOn(
  batch: BatchKey,
  db: Db,
  { settings, origin, seconds }: { settings: Settings; origin: Origin; seconds: number },
): Promise<WorkerRun> {
  await using worker = await startMinilab('worker', settings);
  while ((await counts(db, batch.batchId)).completed === 0) await sleep(50);
  await sleep(1000 * WARM_UP_S);
  const pid = worker.child.pid ?? 0;
  const usedBefore = await cpuSecondsNow(pid);
  const postgresBefore = await postgresSecondsNow(db);
  const before = await counts(db, batch.batchId);
  const cpuBefore = await cpuSeconds(origin);
  const startedAt = performance.now();
  await sleep(1000 * seconds);
  const after = await counts(db, batch.batchId);
  const cpuAfter = await cpuSeconds(origin);
  const tookS = (performance.now() - startedAt) / 1000;
  const used = await cpuSecondsNow(pid);
  const postgres = await postgresSecondsNow(db);
  const rssMb = await peakRssMb(pid);
  const ended = after.completed + after.failed - before.completed - before.failed;
  return {
    ours: (after.completed - before.completed) / tookS,
    failed: after.failed - before.failed,
    ended,
    rssMb,
    originCpu: (cpuAfter - cpuBefore) / tookS,
    cores: {
      decoders: (used.decoders - usedBefore.decoders) / tookS,
      parent: (used.parent - usedBefore.parent) / tookS,
      postgres: (postgres - postgresBefore) / tookS,
      idle: (used.idle - usedBefore.idle) / tookS,
    },
  };
}

/** The peak resident memory of a process, without its decoders (proc(5), VmHWM). */
async function peakRssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** CPU seconds that a server of a benchmark has used so far. */
export async function cpuSeconds({ child }: { child: ChildProcess }): Promise<number> {
  child.send('cpu');
  const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage];
  return (user + system) / 1e6;
}
